"""Any installed department is served by the sandbox, in its own envelope, and opened by the gateway."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.clock import local, system_clock
from gateway.crypto.envelopes import ENVELOPES, open_envelope
from gateway.crypto.file_drop import open_file, read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.department import Dataset, Department
from gateway.errors import ConfigError
from gateway.host import build_host
from gateway.hub.client import HubClient
from gateway.hub.file_drop import ready_files
from gateway.hub.service import Service
from gateway.identity import check_digit
from gateway.sandbox.columns import service_id
from gateway.sandbox.guests import guests_of
from gateway.sandbox.hub import make_hub, serve_hub
from gateway.sandbox.keys import SandboxKeys, write_keys
from gateway.sandbox.moving import moved_text
from gateway.sandbox.province import Province
from gateway.sandbox.samples import rows_of_file
from gateway.sandbox.site import hub_in_background
from gateway.sandbox.trial import (
    Supply,
    beyond,
    drop_trial,
    supplies_of,
    trial_offers,
    trial_senders,
    trial_settings,
)
from tests.support.project import ROOT

NOW = local(system_clock()).replace(microsecond=0)
TODAY = NOW.date()
EVER = datetime(1990, 1, 1)  # noqa: DTZ001 - the sandbox's local wall time
SINCE, UNTIL = NOW - timedelta(days=400), NOW - timedelta(minutes=10)
POLICE = build_host().departments["police"]
SAMPLES = ROOT / "plugins" / "police"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    return write_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def province() -> Province:
    return Province(3, 5, TODAY.replace(day=1), history_months=2)


def elsewhere(envelope: str, **changes: Any) -> Department:
    """A department that the sandbox has never heard of, with a dataset of an unknown name."""
    dataset = replace(
        POLICE.dataset("border_crossings"), name="ferry_crossings", envelope=envelope, **changes
    )
    return Department("harbours", "港航", [dataset])


def rows() -> list[dict[str, Any]]:
    sheet = json.loads((SAMPLES / "samples" / "border_crossings.json").read_text("utf-8"))
    return [entry["row"] for entry in sheet["accepted"]]


def supplied(department: Department) -> list[Supply]:
    return supplies_of(department, SAMPLES, {"ferry_crossings": rows()}, TODAY)


@pytest.mark.parametrize("envelope", ENVELOPES)
async def test_its_pages_come_sealed_in_the_envelope_it_names(
    envelope: str, province: Province, keys: SandboxKeys, tmp_path: Path
) -> None:
    department = elsewhere(envelope)
    senders, supplies = trial_senders(tmp_path / "keys", department), supplied(department)
    offers = trial_offers("harbours", supplies, senders)
    ring = KeyRing(trial_settings(department, supplies, senders, tmp_path)["keys"])
    app = make_hub(province, keys, now=lambda: NOW, also=offers)
    async with serve_hub(app) as url, HubClient() as client:
        name = "ferry_crossings"
        service = Service(name, url, keys.rid, service_id(name), keys.app_key, page_limit=4)
        pages = [page async for page in client.pages(service, SINCE, UNTIL)]
    opened = [json.loads(open_envelope(envelope, page.payload, ring)) for page in pages]
    came = [row for each in opened for row in (each["rows"] if isinstance(each, dict) else each)]
    last = {row["JLBH"]: row for row in supplies[0].rows}
    assert len(pages) == 2
    assert {page.total for page in pages} == {len(last)}
    assert sorted(came, key=lambda row: row["JLBH"]) == sorted(last.values(), key=lambda row: row["JLBH"])


def test_its_files_are_dropped_sealed_for_the_month_before(tmp_path: Path) -> None:
    department = elsewhere("file_drop", shape="file_drop")
    senders, supplies = trial_senders(tmp_path / "keys", department), supplied(department)
    drop_trial(tmp_path / "drop", supplies, senders, TODAY)
    settings = trial_settings(department, supplies, senders, tmp_path / "drop")
    [file] = ready_files(tmp_path / "drop", "ferry_crossings", 0).files
    ring = KeyRing(settings["keys"])
    plain = open_file(file.path, read_manifest(file.manifest.read_bytes(), ring), ring)
    found = list(csv.DictReader(io.StringIO(plain.decode("gb18030"))))
    first = TODAY.replace(day=1)
    assert settings["folder"] == str(tmp_path / "drop")
    assert settings["datasets"] == {"ferry_crossings": {}}
    assert file.period == f"{first - timedelta(days=1):%Y%m}"
    assert len(found) == len(rows())
    assert max(row["tong_time"] for row in found) < f"{first:%Y-%m-%d}"


def test_the_newest_row_was_loaded_yesterday_and_the_rest_as_long_before_as_in_the_samples() -> None:
    [supply] = supplied(elsewhere("jwe"))
    days = [date.fromisoformat(row["tong_time"][:10]) for row in supply.rows]
    assert max(days) == TODAY - timedelta(days=1)
    before = [date.fromisoformat(row["tong_time"][:10]) for row in rows()]
    assert {later - earlier for later, earlier in zip(days, before, strict=True)} == {max(days) - max(before)}


def test_dates_can_be_left_as_they_are() -> None:
    department = elsewhere("jwe")
    [supply] = supplies_of(department, SAMPLES, {"ferry_crossings": rows()}, TODAY, move=False)
    assert supply.rows == rows()


def test_a_row_of_a_data_dictionary_needs_neither_operation_nor_load_time() -> None:
    bare = {name: value for name, value in rows()[0].items() if name not in {"op", "tong_time"}}
    [supply] = supplies_of(elsewhere("jwe"), SAMPLES, {"ferry_crossings": [bare]}, TODAY)
    [row] = supply.rows
    assert row["op"] == "I"
    assert row["tong_time"].startswith(f"{TODAY - timedelta(days=1):%Y-%m-%d}")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("20260831", "20260902"),
        ("2026-08-31", "2026-09-02"),
        ("2026-08-31 23:59:59.0", "2026-09-02 23:59:59.0"),
        ("20260831235959", "20260902235959"),
        ("２０２６０８３１", "20260902"),
        ("202608", "202608"),
        ("20260231", "20260231"),
        ("-", "-"),
        ("", ""),
        ("99991231", "99991231"),
    ],
)
def test_a_date_is_moved_in_the_form_it_has(text: str, after: str) -> None:
    assert moved_text(text, timedelta(days=2)) == after


def test_a_month_moves_to_the_month_of_its_first_day() -> None:
    assert moved_text("202608", timedelta(days=45)) == "202609"


@pytest.mark.parametrize("name", sorted(build_host().departments))
def test_each_of_the_installed_departments_can_be_served(name: str, tmp_path: Path) -> None:
    department, folder = build_host().departments[name], ROOT / "plugins" / name
    supplies = supplies_of(department, folder, {}, TODAY)
    senders = trial_senders(tmp_path / "keys", department)
    settings = trial_settings(department, supplies, senders, tmp_path / "drop")
    offers = trial_offers(name, supplies, senders)
    dropped = drop_trial(tmp_path / "drop", supplies, senders, TODAY)
    assert [supply.dataset for supply in supplies] == list(department.datasets)
    assert len(offers) + len(dropped) == len(department.datasets)
    assert all(offer.window(EVER, UNTIL, NOW) for offer in offers)
    assert KeyRing(settings["keys"]).check() == []


def test_a_document_comes_whole_with_the_newest_of_its_rows(tmp_path: Path) -> None:
    health = build_host().departments["health"]
    supplies = supplies_of(health, ROOT / "plugins" / "health", {}, TODAY)
    offers = trial_offers("health", supplies, trial_senders(tmp_path, health))
    [offer] = [each for each in offers if each.dataset == "death_certificates"]
    newest = max(datetime.fromisoformat(row["tong_time"]) for row in supplies[0].rows)
    until = newest + timedelta(seconds=1)
    assert offer.window(newest, until, until) == supplies[0].rows
    assert offer.window(EVER, newest, until) == []
    document = ROOT / "plugins" / "health" / "samples" / "death_certificates.xml"
    assert offer.write(supplies[0].rows) == document.read_text("utf-8")


def test_rows_are_served_in_the_member_where_the_dataset_looks_for_them(tmp_path: Path) -> None:
    department = elsewhere("sm4_cbc_mac", rows_in="list")
    supplies = supplied(department)
    [offer] = trial_offers("harbours", supplies, trial_senders(tmp_path, department))
    assert json.loads(offer.write(supplies[0].rows)) == {"list": supplies[0].rows}


def test_what_a_dataset_does_in_its_own_way_is_left_out_and_said(tmp_path: Path) -> None:
    department = elsewhere("sm4_cbc_mac", read=lambda _: [])
    [dataset] = department.datasets
    assert "samples/ferry_crossings.xml" in str(beyond(dataset, SAMPLES))
    assert supplies_of(department, SAMPLES, {}, TODAY) == []
    senders = trial_senders(tmp_path, department)
    settings = trial_settings(department, [], senders, tmp_path)
    assert settings["datasets"] == {"ferry_crossings": {"enabled": False}}


def test_rows_for_a_dataset_that_is_not_there_are_a_fault_that_names_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"takes rows for ferry_crossings, not for 'ferries'"):
        supplies_of(elsewhere("jwe"), SAMPLES, {"ferries": rows()}, TODAY)


def test_an_envelope_that_cannot_be_sealed_is_a_fault_that_names_those_that_can(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot seal the envelope 'wax' of harbours, only sm4_cbc_mac"):
        trial_senders(tmp_path, elsewhere("wax"))


def test_a_port_that_is_taken_is_a_fault_that_says_so(province: Province, keys: SandboxKeys) -> None:
    def app() -> web.Application:
        return make_hub(province, keys, now=lambda: NOW)

    with hub_in_background(app()) as url, pytest.raises(ConfigError, match="choose another --port"):
        hub_in_background(app(), int(url.rpartition(":")[2])).__enter__()


def test_everybody_of_the_rows_is_on_the_roster_once_and_soon_due() -> None:
    guests = guests_of([(POLICE.dataset("border_crossings"), rows())], TODAY)
    assert len({guest.id_number for guest in guests}) == len(guests) == 2
    assert all(guest.id_number.startswith("99") for guest in guests)
    days = [certified_on for guest in guests for certified_on, _ in guest.benefits[0].certifications]
    assert set(days) == {TODAY - timedelta(days=350)}


def test_somebody_who_may_be_real_is_not_let_in_and_not_named() -> None:
    body = "00010119491231002"  # nobody's either, but not marked as such by 99
    number = body + check_digit(body)
    row = {**rows()[0], "GMSFHM": number}
    with pytest.raises(
        ConfigError, match="border_crossings: a row is about somebody who may be real"
    ) as caught:
        guests_of([(POLICE.dataset("border_crossings"), [row])], TODAY)
    assert number not in str(caught.value)


def test_both_people_of_a_row_are_on_the_roster() -> None:
    civil = build_host().departments["civil_affairs"]
    supplies = supplies_of(civil, ROOT / "plugins" / "civil_affairs", {}, TODAY)
    pairs: list[tuple[Dataset, list[dict[str, Any]]]] = [
        (supply.dataset, supply.rows[:1]) for supply in supplies if supply.dataset.name == "marriages"
    ]
    assert len(guests_of(pairs, TODAY)) == 2


@pytest.mark.parametrize(
    "text",
    [
        '[{"JLBH": "J1"}, {"JLBH": "J2"}]',
        '{"JLBH": "J1"}\n\n{"JLBH": "J2"}\n',
        '\n [{"JLBH": "J1"},\n{"JLBH": "J2"}]',
    ],
)
def test_rows_are_an_array_or_one_a_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(text, "utf-8")
    assert rows_of_file(tmp_path / "rows.json") == [{"JLBH": "J1"}, {"JLBH": "J2"}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[{]", "no JSON at line 1, column 3"),
        ("{}\nJLBH", "no JSON at line 1"),
        ("[]", "holds no rows"),
        ("[1]", "holds no rows"),
        ("", "holds no rows"),
        (None, "No such file"),
    ],
)
def test_a_file_without_rows_is_a_fault_that_shows_none_of_it(
    text: str | None, fault: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "rows.json").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=fault) as caught:
        rows_of_file(tmp_path / "rows.json")
    assert "JLBH" not in str(caught.value)


def test_a_department_without_samples_is_told_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"samples/ferry_crossings\.json is missing.*--rows ferry_crossings="
    ):
        supplies_of(elsewhere("jwe"), tmp_path, {}, TODAY)
