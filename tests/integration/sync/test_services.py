"""One run at a time, over what is switched on."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.department import Department
from gateway.errors import ConfigError, PluginError, StoreError
from gateway.host import Host
from gateway.settings import DepartmentSettings, HubSettings, Settings
from gateway.store.database import Store
from gateway.sync.lock import exclusive
from gateway.sync.services import compares_masked_names, feeds, service_of
from tests.integration.sync.shifts import FEED, HOST, NOW, Hub, at, configured, shift
from tests.unit.core.examples import happenings

HERE = "departments/police.yaml"


def test_only_one_run_works_on_a_folder(tmp_path: Path) -> None:
    with exclusive(tmp_path / "evidence"):
        with pytest.raises(StoreError) as caught, exclusive(tmp_path / "evidence"):
            pytest.fail("two runs at once")
        assert str(caught.value) == "another run is at work on this evidence folder: wait until it has ended"
        with exclusive(tmp_path / "another"):
            pass
    with exclusive(tmp_path / "evidence"):
        pass


def test_a_run_that_fails_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), exclusive(tmp_path):
        raise KeyError
    with exclusive(tmp_path):
        pass


def test_a_folder_that_cannot_be_held_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match=r"the evidence folder .* cannot be written"),
        exclusive(tmp_path / "file"),
    ):
        pytest.fail("a file is no folder")


def test_the_datasets_that_are_on_are_found() -> None:
    def names(settings: Settings, *which: str | None) -> list[str]:
        return [feed.name for feed in feeds(settings, HOST, *which)]

    assert names(configured()) == ["happenings", "weddings"]
    assert names(configured(), "police", "weddings") == ["weddings"]
    assert names(configured(), None, "weddings") == ["weddings"]
    assert names(configured(datasets={"weddings": {"enabled": False}})) == ["happenings"]


def test_masked_names_are_compared_where_a_dataset_that_is_on_says_so() -> None:
    masked = {"weddings": {"name_check": "masked"}}
    assert not compares_masked_names(configured(), HOST)
    assert compares_masked_names(configured(datasets=masked), HOST)
    off = {"weddings": {"name_check": "masked", "enabled": False}}
    assert not compares_masked_names(configured(datasets=off), HOST)


@pytest.mark.parametrize(
    ("settings", "which", "line"),
    [
        (
            configured(),
            ("courts",),
            "no such dataset is switched on; there are: police/happenings, police/weddings",
        ),
        (
            configured(),
            ("police", "x"),
            "no such dataset is switched on; there are: police/happenings, police/weddings",
        ),
        (
            configured(datasets={"wedings": {}}),
            (),
            f"{HERE}: datasets.wedings: there is no such dataset; there are happenings, weddings",
        ),
    ],
)
def test_what_is_not_there_is_named(settings: Settings, which: tuple[str, ...], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        feeds(settings, HOST, *which)
    assert str(caught.value) == line


def test_nothing_at_all_switched_on_is_said() -> None:
    with pytest.raises(ConfigError, match="there are: none"):
        feeds(configured().model_copy(update={"departments": {}}), HOST)


def test_a_department_that_is_not_installed_is_named() -> None:
    with pytest.raises(PluginError, match="department 'police' is configured but not installed"):
        feeds(configured(), Host({}))


def test_one_dataset_name_in_two_departments_is_refused() -> None:
    both = configured().model_copy(
        update={"departments": {"a": DepartmentSettings(), "b": DepartmentSettings()}}
    )
    host = Host({name: Department(name, "T", [happenings]) for name in ("a", "b")})
    with pytest.raises(ConfigError, match="dataset 'happenings' is in both a and b: rename one"):
        feeds(both, host)


def test_a_service_that_is_signed_needs_its_names_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = HubSettings(base_url="http://127.0.0.1:1", rid="r", max_page_bytes=2048)
    bare = configured()
    settings = bare.model_copy(update={"gateway": bare.gateway.model_copy(update={"hub": signed})})
    with pytest.raises(ConfigError) as caught:
        service_of(settings, FEED)
    assert str(caught.value) == "departments/police.yaml: datasets.happenings: sid, app_key is not set"
    monkeypatch.setenv("POLICE_KEY", "the-app-key")
    own = {
        "app_key": "env:POLICE_KEY",
        "page_limit": 9,
        "datasets": {"happenings": {"sid": "s", "page_limit": 7}},
    }
    with_own = settings.model_copy(update={"departments": {"police": DepartmentSettings.model_validate(own)}})
    service = service_of(with_own, FEED)
    assert (service.rid, service.sid, service.key, service.page_limit) == ("r", "s", b"the-app-key", 7)
    assert (service.max_bytes, service.dataset) == (2048, "happenings")
    assert "the-app-key" not in repr(service)


def test_a_shift_s_clock_is_the_wall_clock_of_china(store: Store) -> None:
    assert shift(store, Hub([])).now() == at("2026-03-20 12:00:00")
    assert NOW.utcoffset() == timedelta(hours=8)


def test_an_envelope_nobody_can_open_is_named_before_anything_is_read() -> None:
    sealed = replace(happenings, envelope="wax")
    host = Host({"police": Department("police", "公安", [sealed])})
    with pytest.raises(PluginError, match=r"'police': happenings: envelope 'wax' is none of jwe, nhsa, "):
        feeds(configured(), host)
    opened = replace(sealed, open=lambda payload, _keys: payload)
    assert feeds(configured(), Host({"police": Department("police", "公安", [opened])}))
