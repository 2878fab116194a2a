"""`gateway check NAME --live`: one page of each dataset through the real client, and nothing kept of it."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gateway import Ask, SealedPage
from gateway.cli import look as looking
from gateway.cli.app import app
from gateway.clock import local, system_clock
from gateway.department import Dataset
from gateway.errors import ConfigError, RequestError
from gateway.host import Host
from gateway.sandbox.drop import DropFault, write_drop
from gateway.sandbox.faults import REFRESH, FaultKind
from gateway.sandbox.hub import NEW_FIELD
from gateway.sandbox.keys import write_keys
from gateway.sandbox.province import Province
from gateway.settings import load_settings
from gateway.sync.lock import exclusive
from gateway.sync.looking import look
from tests.support.site import Privates, Supplies, Trial, open_trial, put, switch_off

NOW = local(system_clock()).replace(microsecond=0)
"""A look has no other clock than the machine's, so this province lives until today."""

SERVED = ("police", "courts", "civil_affairs", "health", "medical_insurance")


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Supplies:
    folder = tmp_path_factory.mktemp("today")
    province = Province(7, 120, NOW.date().replace(day=1), history_months=3)
    province.advance(NOW)
    person, loaded_at = province.people[0], NOW - timedelta(days=1)
    for number in range(5):
        put(province, "detentions", loaded_at, RYBH=f"99RY{number}", GMSFHM=person.id_number, XM=person.name,
            RSRQ="20260101", CSYY="1" if number else "8", CSRQ="soon" if number == 1 else None)  # fmt: skip
    keys = write_keys(folder / "keys")
    write_drop(folder / "drop", province, keys, until=NOW)
    province.roster_csv(folder / "roster.csv", NOW.date())
    return Supplies(province, folder / "keys", folder / "roster.csv", folder / "drop")


@pytest.fixture(scope="module")
def site(today: Supplies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A site that has never read nor stored anything."""
    with open_trial(tmp_path_factory.mktemp("site"), today, now=NOW) as opened:
        yield opened


@pytest.fixture
def trial(site: Trial) -> Trial:
    """That site, its hub mended and its calls forgotten."""
    site.hub.faults.clear()
    site.hub.calls.clear()
    return site


@pytest.fixture
def own_trial(today: Supplies, tmp_path: Path) -> Iterator[Trial]:
    """A site whose configuration and drop folder are its test's own; the folder is still empty."""
    (tmp_path / "drop").mkdir()
    with open_trial(tmp_path, today, now=NOW) as opened:
        yield opened


@dataclass(frozen=True)
class Told:
    """What a look printed, and how it ended."""

    out: str
    err: str
    code: int

    @property
    def found(self) -> dict[str, Any]:
        """By dataset, where it was asked for as JSON."""
        rows = [json.loads(line) for line in self.out.splitlines()]
        return {row["dataset"]: row for row in rows}


Tell = Callable[..., Told]


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Tell:
    """Look as the command does, at a site."""

    def told(trial: Trial, name: str, dataset: str | None = None, *, as_json: bool = True) -> Told:
        capfd.readouterr()
        code = 0
        try:
            looking.look_live(trial.site.config, name, dataset, as_json=as_json)
        except typer.Exit as ended:
            code = ended.exit_code
        said = capfd.readouterr()
        return Told(said.out, said.err, code)

    return told


@pytest.fixture
def told(trial: Trial, tell: Tell) -> Tell:
    """Look at the site that all share."""
    return partial(tell, trial)


def everything(folder: Path) -> dict[str, str]:
    """Every file of a folder with the digest of its content, and of a database also of its rows."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    found = {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    for file in folder.rglob("*.db"):
        with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as database:
            found[f"{file} rows"] = hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()
        database.close()
    return found


def test_the_command_looks_with_live_and_only_then(trial: Trial) -> None:
    words = ["check", "police", "--dataset", "detentions", "--config", str(trial.site.config), "--json"]
    looked = CliRunner().invoke(app, [*words, "--live"])
    assert (looked.exit_code, json.loads(looked.stdout)["dataset"]) == (0, "detentions")
    assert isinstance(CliRunner().invoke(app, words).exception, RequestError)


def test_a_look_tells_what_is_on_the_page_of_each_dataset(told: Tell) -> None:
    said = told("police")
    assert said.code == 0, said.err
    assert list(said.found) == ["household_cancellations", "identity_cards", "border_crossings", "detentions"]
    found = said.found["detentions"]
    assert found["source"].startswith("loaded from ")
    assert 5 <= found["rows"] <= found["declared"]
    assert found["unknown_codes"] == {"CSYY=8": 1}
    assert {"field": "CSRQ", "rule": "date_form", "count": 1} in found["refusals"]
    assert found["records"]["custody"] >= 4
    coverage = {column["field"]: column for column in found["coverage"]}
    assert coverage["RYBH"] == {"field": "RYBH", "title": "人员编号", "filled": 1.0, "readable": 1.0}
    assert coverage["CSRQ"]["readable"] < 1
    assert min(found["asked_ms"], found["opened_ms"], found["read_ms"]) > 0
    assert (found["drift"], found["error"]) == (None, None)


def test_each_dataset_costs_one_call(trial: Trial, told: Tell) -> None:
    told("health")
    assert {name: count for name, count in trial.hub.calls.items() if name != REFRESH} == {
        "death_certificates": 1, "inpatient_stays": 1, "outpatient_visits": 1, "health_checks": 1,
    }  # fmt: skip


def test_one_dataset_is_asked_for_alone(trial: Trial, told: Tell) -> None:
    assert list(told("health", "health_checks").found) == ["health_checks"]
    assert trial.hub.calls["health_checks"] == trial.hub.calls.total() - trial.hub.calls[REFRESH] == 1


def test_nothing_is_stored_where_nothing_was_ever_stored(trial: Trial, told: Tell) -> None:
    before = everything(trial.site.folder)
    for name in (*SERVED, "justice"):
        assert told(name).code == 0
    assert not trial.data.exists()
    assert everything(trial.site.folder) == before


def test_nothing_moves_where_much_was_read_and_a_sync_at_work_is_no_hindrance(
    today: Supplies, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with open_trial(tmp_path, today, now=NOW, departments=["police"]) as trial:
        trial.take_roster(today.roster)
        assert trial.sync().exit_code == 0
        trial.station.store.close()
        before = everything(trial.site.folder)
        with exclusive(trial.station.work):
            looking.look_live(trial.site.config, "police", None, as_json=True)
        assert len(capfd.readouterr().out.splitlines()) == 4
        after = everything(trial.site.folder)
    assert {name for name in before | after if before.get(name) != after.get(name)} == set()


@pytest.mark.parametrize("as_json", [True, False])
def test_nobody_is_in_what_a_look_prints(today: Supplies, told: Tell, *, as_json: bool) -> None:
    privates = Privates(today.province)
    for name in (*SERVED, "justice"):
        said = told(name, as_json=as_json)
        assert "***" in said.out or name == "justice"
        assert privates.in_text(said.out + said.err) == 0


def test_a_sample_masks_people_keys_and_text_and_shows_codes_and_dates(told: Tell) -> None:
    (row, *_) = told("police", "detentions").found["detentions"]["sample"]
    assert (row["RYBH"], row["GMSFHM"], row["XM"]) == ("***", "***", "***")
    assert row["op"] in {"I", "U"}
    assert datetime.fromisoformat(row["RSRQ"]) < NOW


def test_a_table_is_printed_for_people(told: Tell) -> None:
    said = told("police", "detentions", as_json=False).out
    for words in ("police/detentions", "rows on the page: ", "readable", "人员编号", "records: ", "date_form",
                  "CSYY=8 × 1", "row 3", "unknown fields, not read: none", "asked "):  # fmt: skip
        assert words in said


@pytest.mark.parametrize(
    ("fault", "kind", "name"),
    [
        (FaultKind.NEW_FIELD, "unknown_fields", NEW_FIELD),
        (FaultKind.CHANGED_TYPE, "changed_types", "CSYY: list"),
        (FaultKind.GONE_FIELD, "changed_types", "CSYY: gone"),
    ],
)
def test_what_the_department_changed_is_named(
    trial: Trial, told: Tell, fault: FaultKind, kind: str, name: str
) -> None:
    trial.hub.faults.add(fault, "detentions", times=None)
    found = told("police", "detentions").found["detentions"]
    assert found[kind] == {name: found["rows"]}
    assert found["drift"] == "warn"
    assert "a sync would raise an alarm (drift: warn)" in told("police", "detentions", as_json=False).out


def test_a_frozen_dataset_is_said_to_stop(own_trial: Trial, tell: Tell) -> None:
    own_trial.reopen(drift="freeze")
    own_trial.hub.faults.add(FaultKind.NEW_FIELD, "detentions", times=None)
    said = tell(own_trial, "police", "detentions", as_json=False).out
    assert "a sync would stop here (drift: freeze)" in said


def test_a_tampered_page_is_named_and_the_other_datasets_are_looked_at(trial: Trial, told: Tell) -> None:
    trial.hub.faults.add(FaultKind.FORGED, "detentions", times=None)
    said = told("police")
    assert said.code == 22
    error = said.found["detentions"]["error"]
    assert (error["type"], error["exit_code"]) == ("EnvelopeError", 22)
    assert error["message"].startswith("detentions: sm4_cbc_mac, kid 'police-")
    assert "rows" not in said.found["detentions"]
    assert [row["error"] for name, row in said.found.items() if name != "detentions"] == [None] * 3
    plain = told("police", as_json=False)
    assert (plain.code, "EnvelopeError detentions: " in plain.err) == (22, True)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (FaultKind.SERVER_ERROR, 20),
        (FaultKind.REFUSED, 21),
        (FaultKind.BROKEN_JSON, 20),
        (FaultKind.QUOTA, 20),
    ],
)
def test_the_hub_s_errors_are_told_by_dataset_after_one_attempt(
    trial: Trial, told: Tell, fault: FaultKind, code: int
) -> None:
    trial.hub.faults.add(fault, "detentions", times=None)
    said = told("police")
    assert said.code == said.found["detentions"]["error"]["exit_code"] == code
    assert [row["error"] for name, row in said.found.items() if name != "detentions"] == [None] * 3


@pytest.mark.parametrize("empty", [FaultKind.EMPTY_NULL, FaultKind.EMPTY_TEXT, FaultKind.EMPTY_SEALED])
def test_an_empty_page_is_said_to_be_empty(trial: Trial, told: Tell, empty: FaultKind) -> None:
    trial.hub.faults.add(empty, "detentions", times=None)
    said = told("police", "detentions", as_json=False)
    assert (said.code, "the page is empty" in said.out) == (0, True)
    found = told("police", "detentions").found["detentions"]
    assert (found["rows"], found["declared"], found["sample"], found["error"]) == (0, 0, [], None)


def test_a_page_that_the_hub_cut_says_how_much_was_promised(trial: Trial, told: Tell) -> None:
    trial.hub.faults.add(FaultKind.SHORT_PAGE, "detentions", value=2)
    found = told("police", "detentions").found["detentions"]
    assert (found["rows"], found["declared"] >= 5) == (2, True)


def test_the_newest_dropped_file_is_looked_at_and_stays_to_be_taken(trial: Trial, told: Tell) -> None:
    newest = max(trial.site.drop.glob("prison_custody_*.zip.enc"))
    found = told("justice").found["prison_custody"]
    assert (found["source"], found["error"]) == (newest.name, None)
    assert found["rows"] == found["declared"]


def test_a_folder_without_a_finished_file_says_so(own_trial: Trial, tell: Tell) -> None:
    said = tell(own_trial, "justice", as_json=False)
    assert (said.code, said.out.count("no finished file in the folder")) == (0, 2)
    own_trial.site.drop.rmdir()
    assert tell(own_trial, "justice").code == 20


@pytest.mark.parametrize(
    "fault", [DropFault.WRONG_DIGEST, DropFault.BAD_SIGNATURE, DropFault.WRONG_ROW_COUNT]
)
def test_a_spoilt_file_is_named(own_trial: Trial, tell: Tell, fault: DropFault) -> None:
    write_drop(own_trial.site.drop, own_trial.province, own_trial.keys, until=NOW, fault=fault)
    said = tell(own_trial, "justice")
    spoilt = [row["error"]["message"] for row in said.found.values() if row["error"]]
    assert (said.code, len(spoilt)) == (22, 1)
    assert ".zip.enc is refused: " in spoilt[0]


def test_what_is_not_switched_on_is_named(own_trial: Trial, tell: Tell) -> None:
    said = r"'transport' is not switched on: write departments/transport\.yaml; on: "
    with pytest.raises(ConfigError, match=said):
        tell(own_trial, "transport")
    switch_off(own_trial.site, "police", "detentions")
    with pytest.raises(ConfigError, match="no such dataset is switched on; there are: police/household"):
        tell(own_trial, "police", "detentions")


def looked(trial: Trial, dataset: Dataset) -> Any:
    """A look at one dataset of the police, described otherwise than the plugin does."""
    police = trial.station.host.department("police")
    other = replace(police, datasets=[dataset])
    settings = load_settings(trial.site.config)
    configured = settings.departments["police"]
    own = configured.model_copy(update={"datasets": {dataset.name: configured.datasets[dataset.name]}})
    settings = settings.model_copy(update={"departments": {"police": own}})
    (found,) = asyncio.run(look(settings, Host({"police": other}), "police", dataset.name))
    return found


def test_a_dataset_that_fetches_for_itself_is_asked_for_its_first_page_only(trial: Trial) -> None:
    asked = []

    async def fetch(ask: Ask, since: datetime, until: datetime, start: str) -> AsyncIterator[SealedPage]:
        for number in range(3):
            window = {"since": f"{since:%Y-%m-%d %H:%M:%S}", "until": f"{until:%Y-%m-%d %H:%M:%S}"}
            asked.append(number)
            data = await ask(window | {"start": start, "limit": "1"})
            yield SealedPage("detentions", start, None, 5 if data["total"] else 0, b"")

    async def broken(_ask: Ask, _since: datetime, _until: datetime, _start: str) -> AsyncIterator[SealedPage]:
        raise KeyError("99" * 9)
        yield  # a generator, as a plugin's fetch is

    own = trial.station.host.department("police").dataset("detentions")
    found = looked(trial, replace(own, fetch=fetch))
    assert (found.error, found.total, found.findings.rows, asked) == (None, 5, 0, [0])
    error = looked(trial, replace(own, fetch=broken)).error
    assert str(error) == "detentions: its fetch raised KeyError: correct the plugin"
