import hashlib
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from pydantic import TypeAdapter
from typer.testing import CliRunner

from gateway.cli import audit as audit_command
from gateway.cli import evidence as evidence_command
from gateway.cli.app import app
from gateway.errors import NotFoundError
from gateway.store import audit
from gateway.store.audit import Entry, Wanted
from gateway.store.tables import AUDIT
from gateway.store.windows import NewWindow, Page, close_window, create_window, take_page
from gateway.sync.tracing import Trace, trace
from gateway.web.app import make_app
from tests.integration.ledger.office import Office, died, open_office
from tests.support.serving import KEYS

Client = TestClient[Any, Any]
KEY = hashlib.sha256(b"certificate 7").digest()[:16]
ID = f"ev_{KEY.hex()}00"
DIED_ON = date(2026, 9, 12)
WHY = {"reason": "the family objects"}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """B1's holder is suspected of a death that one page of death_certificates told; to be copied."""
    folder = tmp_path_factory.mktemp("decided")
    with open_office(folder) as found:
        found.roster({"benefit_id": "B1"}, {"benefit_id": "B2"})
        found.evidence("B1", "certificate 7", **died(DIED_ON))
        found.evidence("B2", "certificate 8", **died(DIED_ON))
        read_at(found)
        found.compared(found.today)
        found.take()
        found.decide()
    return folder


@pytest.fixture
def office(decided: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(decided, tmp_path / "office")
    with open_office(tmp_path / "office") as found:
        found.keys = itertools.count(1000)
        yield found


def read_at(office: Office) -> None:
    now = office.clock.now
    with office.station.store.begin() as conn:
        window = create_window(conn, NewWindow("death_certificates", now - timedelta(days=9), now, 3, now))
        page = Page(window.window_id, 1, "0", None, 2, 2, 2, 0, 2, 0, {}, None, now)
        take_page(conn, page)
        close_window(conn, window.window_id, now)


@pytest.fixture
async def client(office: Office) -> AsyncIterator[Client]:
    async with TestClient(TestServer(make_app(office.station.store, KEYS, office.station))) as found:
        yield found


def audited(office: Office) -> list[Entry]:
    with office.station.store.read() as conn:
        return audit.list_entries(conn, Wanted())


async def test_an_id_is_resolved_to_the_record_its_origin_and_what_rests_on_it(
    client: Client, office: Office
) -> None:
    [told] = [event for event in office.events("B1") if "suspected" in event.type]
    [reference] = json.loads(told.body)["data"]["evidence"]
    reply = await client.get(f"/v1/evidence/{reference['id']}", params=WHY)
    found = await reply.json()
    assert (reply.status, reference["id"]) == (200, ID)
    [version] = found["versions"]
    assert (version["department"], version["dataset"]) == ("health", "death_certificates")
    assert (version["kind"], version["basis"]) == ("death", "medical_certificate")
    assert (version["happened_on"], version["standing"]) == ("2026-09-12", "counts")
    assert version["received_at"] == "2026-10-01T09:00:00+08:00"
    assert (version["source"]["run_id"], version["source"]["page_start"]) == (3, "0")
    assert [(each["benefit_id"], each["role"]) for each in found["decisions"]] == [("B1", "death")]
    assert [each["sequence"] for each in found["events"]] == [told.sequence]
    assert [(each["benefit_id"], each["cause"]) for each in found["ledger"]] == [("B1", "death")]
    TypeAdapter(Trace).validate_python(found)


async def test_an_answer_names_no_person_key_hash_of_a_name_or_roster_number(client: Client) -> None:
    found = await (await client.get(f"/v1/evidence/{ID}", params=WHY)).json()
    assert set(found) == {"id", "versions", "decisions", "events", "ledger"}
    said = json.dumps(found)
    assert not [word for word in ("person", "name_key", "certificate 7", "content") if f'"{word}' in said]


async def test_every_answer_is_audited_with_the_reason_before_it_is_sent(
    client: Client, office: Office
) -> None:
    await client.get(f"/v1/evidence/{ID}", params={"reason": " the family objects "})
    [entry] = audited(office)
    assert (entry.action, entry.subject, entry.details) == ("evidence.resolved", ID, WHY)
    assert entry.actor == "this machine"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"reason": ""},
        {"reason": "x" * 201},
        {"reason": "  "},
        {"reason": "990101195001010017"},
        WHY | {"other": "1"},
    ],
)
async def test_without_a_reason_that_can_be_kept_nothing_is_answered_or_audited(
    client: Client, office: Office, query: dict[str, str]
) -> None:
    reply = await client.get(f"/v1/evidence/{ID}", params=query)
    assert reply.status == 400
    assert "990101195001010017" not in await reply.text()
    assert audited(office) == []


@pytest.mark.parametrize("unknown", ["ev_" + "0" * 34, f"ev_{KEY.hex()}01", "ev_roster", "B1", ID.upper()])
async def test_an_id_of_nothing_is_not_found_and_not_audited(
    client: Client, office: Office, unknown: str
) -> None:
    reply = await client.get(f"/v1/evidence/{unknown}", params=WHY)
    assert reply.status == 404
    assert audited(office) == []


async def test_what_cannot_be_audited_is_not_answered(client: Client, office: Office) -> None:
    with office.station.store.begin() as conn:
        audit.append(conn, office.clock.now, "local", "evidence.resolved", ID)
        conn.execute(sa.delete(AUDIT))
    for path in (f"/v1/evidence/{ID}?reason=why", "/v1/benefits/B1"):
        reply = await client.get(path)
        assert reply.status == 503
        assert "death" not in await reply.text()


async def test_a_look_at_a_benefit_is_audited_and_one_at_nothing_is_not(
    client: Client, office: Office
) -> None:
    assert (await client.get("/v1/benefits/B1")).status == 200
    assert (await client.get("/v1/benefits/990101195001010017")).status == 404
    assert [(entry.action, entry.subject) for entry in audited(office)] == [("benefit.looked_at", "B1")]


def test_a_newer_version_replaces_the_older_one_and_both_are_told(office: Office) -> None:
    office.evidence("B1", "certificate 7", **died(DIED_ON + timedelta(days=1)))
    office.take()
    found = trace(office.station, ID)
    assert [(each.happened_on, each.standing) for each in found.versions] == [
        (DIED_ON + timedelta(days=1), "counts"),
        (DIED_ON, "replaced"),
    ]


def test_a_record_that_its_department_took_back_is_withdrawn(office: Office) -> None:
    undoing = {"kind": "withdrawal", "polarity": "neutral", "withdraws": KEY, "person": None}
    office.evidence("B1", "undoing", department="health", dataset="death_certificates", **undoing)
    office.take()
    assert [each.standing for each in trace(office.station, ID).versions] == ["withdrawn"]
    other = f"ev_{hashlib.sha256(b'certificate 8').digest()[:16].hex()}00"
    assert [each.standing for each in trace(office.station, other).versions] == ["counts"]


def test_whoever_may_see_other_counties_alone_finds_nothing(office: Office) -> None:
    with pytest.raises(NotFoundError):
        trace(office.station, ID, {"430102"})
    [version] = trace(office.station, ID).versions
    assert version.standing == "counts"


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    for module in (audit_command, evidence_command):
        monkeypatch.setattr(module, "open_station", lambda _config: office.station)
    monkeypatch.setattr(evidence_command, "getuser", lambda: "chen")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_command_resolves_an_id_and_is_audited_by_its_user(run: Any) -> None:
    found = run("evidence", ID, "--reason", "the family objects")
    assert found.exit_code == 0
    assert "health/death_certificates: medical_certificate, 2026-09-12; counts" in found.stdout
    assert "decision about B1" in found.stdout
    [line] = run("audit", "list", "--subject", ID, "--json").stdout.splitlines()
    entry = json.loads(line)
    assert (entry["entry"], entry["actor"], entry["details"]) == (1, "chen", WHY)
    assert json.loads(run("evidence", ID, "--reason", "again", "--json").stdout)["id"] == ID
    for reason in ("x" * 201, " ", "990101195001010017"):
        assert run("evidence", ID, "--reason", reason).exception.exit_code == 12


def test_the_audit_is_verified_and_a_noted_hash_is_looked_up(run: Any) -> None:
    run("evidence", ID, "--reason", "the family objects")
    found = json.loads(run("audit", "verify", "--json").stdout)
    assert (found["entries"], found["fault"]) == (1, None)
    assert run("audit", "verify", "--known", f"1:{found['hash']}").exit_code == 0
    other = run("audit", "verify", "--known", f"1:{'0' * 64}")
    assert "entry 1 is not the one that was noted" in str(other.exception)
    assert run("audit", "verify", "--known", "hash").exception.exit_code == 12


def test_a_broken_audit_ends_with_30_and_names_the_entry(run: Any, office: Office) -> None:
    run("evidence", ID, "--reason", "the family objects")
    with office.station.store.begin() as conn:
        conn.execute(sa.update(AUDIT).values(actor="nobody"))
    found = run("audit", "verify", "--json")
    assert json.loads(found.stdout)["fault"] == "entry 1 was changed, moved or put in"
    assert found.exception.exit_code == 30
    assert "entry 1 was changed" in str(found.exception)


def test_what_was_said_to_the_agency_itself_has_no_page(office: Office) -> None:
    office.clock.now += timedelta(minutes=5)
    office.evidence("B1", "certificate 9", **died(DIED_ON))
    office.take()
    [version] = trace(office.station, f"ev_{hashlib.sha256(b'certificate 9').digest()[:16].hex()}00").versions
    assert version.source is None
