"""Every scheme of signing over the wire: the real client against the simulated hub on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.synthetic import rules_folder
from gateway.errors import ConfigError, HubRefused
from gateway.sandbox.faults import REFRESH
from gateway.sandbox.gates import SCHEMES, ZhejiangGate
from gateway.sandbox.hub import HubOptions
from gateway.sandbox.keys import SandboxKeys, write_keys
from gateway.sandbox.province import Province
from gateway.sandbox.site import write_site
from gateway.settings import load_settings
from tests.hub.test_simulated_hub import DATASET, NOW, Meeting, meeting

EVERY = pytest.mark.parametrize("auth", SCHEMES)


@pytest.fixture(scope="module")
def province() -> Province:
    return Province(7, 60, NOW.date().replace(day=1), history_months=10)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    return write_keys(tmp_path_factory.mktemp("keys"))


@asynccontextmanager
async def signed(
    province: Province, keys: SandboxKeys, auth: str, taken: tuple[str, ...] = (), **changes: Any
) -> AsyncIterator[Meeting]:
    options = HubOptions(auth=taken or (auth,))
    async with meeting(province, keys, options, auth=auth, **changes) as met:
        yield met


@EVERY
async def test_all_pages_come_over_every_scheme(province: Province, keys: SandboxKeys, auth: str) -> None:
    async with signed(province, keys, auth) as met:
        starts = await met.starts()
        assert len(starts) > 1
        assert met.hub.calls[DATASET] == len(starts)
        fetched = {"national": 1, "zhejiang_md5": 1}.get(auth, 0)
        assert met.hub.calls[REFRESH] == fetched


@EVERY
@pytest.mark.parametrize("wrong", [{"app_key": "another-key"}, {"rid": "another-caller"}])
async def test_a_wrong_name_or_key_is_refused_over_every_scheme(
    province: Province, keys: SandboxKeys, auth: str, wrong: dict[str, str]
) -> None:
    async with signed(province, keys, auth) as met:
        with pytest.raises(HubRefused, match=r"code 14.*check rid, sid, app_key"):
            await met.starts(**wrong)


async def test_one_hub_may_take_several_schemes(province: Province, keys: SandboxKeys) -> None:
    async with signed(province, keys, "national", SCHEMES) as met:
        first, *others = [await met.starts(auth=auth) for auth in SCHEMES]
        assert others == [first] * 3


@pytest.mark.parametrize(
    ("happens", "refreshes"),
    [
        (lambda gate: gate.expire_requests(), 2),  # code 11: the refresh secret
        (
            lambda gate: (gate.expire_requests(), gate.expire_refresh()),
            3,
        ),  # both ended: the app secret
        (lambda gate: gate.forget(), 3),  # code 14 from both: the app secret
    ],
)
async def test_a_pair_that_has_ended_is_renewed_on_the_way(
    province: Province, keys: SandboxKeys, happens: Callable[[ZhejiangGate], object], refreshes: int
) -> None:
    async with signed(province, keys, "zhejiang_md5") as met:
        starts = await met.starts()
        gate = met.hub.gates["zhejiang_md5"]
        assert isinstance(gate, ZhejiangGate)
        happens(gate)
        assert await met.starts() == starts
        assert met.hub.calls[REFRESH] == refreshes


def test_the_hub_says_which_schemes_it_knows(tmp_path: Path) -> None:
    words = ["sandbox", "hub", "--folder", str(tmp_path / "site"), "--auth", "carrier_pigeon"]
    failed = CliRunner().invoke(app, words).exception
    assert isinstance(failed, ConfigError)
    assert str(failed).endswith("only hmac_sm3, national, tif_sha256, zhejiang_md5")
    assert not (tmp_path / "site").exists()


@EVERY
def test_a_site_is_written_for_the_scheme_of_its_hub(tmp_path: Path, auth: str) -> None:
    site = write_site(tmp_path, "http://127.0.0.1:1", NOW.date(), rules_folder(), auth)
    settings = load_settings(site.config)
    assert {settings.call("police", name)["auth"] for name in settings.departments["police"].datasets} == {
        auth
    }
