"""`gateway compact` and `gateway retention` at an agency: what they say, what goes, what works afterwards."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from gateway.cli import explain, retention
from gateway.cli.app import app
from gateway.evidence.settle import Settled
from gateway.store.tables import AUDIT, EVENTS
from gateway.sync import monthly
from gateway.sync.monthly import run_month
from gateway.sync.run import SyncReport
from tests.integration.ledger.office import TODAY, Office, died

DIED_ON = date(2026, 9, 20)


@pytest.fixture
def office(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    for module in (retention, explain):
        monkeypatch.setattr(module, "open_station", lambda _config: office.station)
    return office


def run(*args: str) -> Any:
    done = CliRunner().invoke(app, [*args])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()] if "--json" in args else done.stdout


def decided(office: Office) -> None:
    """Somebody died, somebody was seen on five days; both are decided."""
    office.roster({"benefit_id": "B1"}, {"benefit_id": "B2"})
    office.compared(TODAY)
    office.evidence("B1", "death", **died(DIED_ON))
    for day in range(1, 6):
        seen = {"kind": "hospital_stay", "polarity": "of_life", "strength": "strong"}
        where = {"department": "health", "dataset": "inpatient_stays"}
        office.evidence("B2", f"stay {day}", happened_on=date(2026, 9, day), **seen, **where)
    office.decide()


def events_left(office: Office) -> int:
    with office.station.store.read() as conn:
        return len(conn.execute(select(EVENTS.c.sequence)).all())


def actions(office: Office) -> list[str]:
    with office.station.store.read() as conn:
        return list(conn.scalars(select(AUDIT.c.action).order_by(AUDIT.c.audit_id)))


def test_compact_says_what_became_of_each_bucket(office: Office) -> None:
    decided(office)
    office.on(TODAY + timedelta(days=60))
    dry = run("compact", "--dry-run", "--json")
    assert [(each["rows"], each["kept"], each["folded"]) for each in dry if each["folded"]] == [(5, 3, 2)]
    assert "would be compacted" in run("compact", "--dry-run")
    assert run("compact", "--json") == dry
    assert "nothing to compact" in run("compact")


def test_events_go_and_explanations_go_on_working(office: Office) -> None:
    decided(office)
    before = run("explain", "B1", "--json")[0]
    assert before["events"]
    office.on(TODAY + timedelta(days=89))
    assert [each["goes"] for each in run("retention", "--json")] == [0, 0, 0, 0]
    office.on(TODAY + timedelta(days=91))
    (dry,) = (each for each in run("retention", "--dry-run", "--json") if each["class"] == "events")
    assert dry["goes"] == events_left(office) > 0
    run("retention")
    assert events_left(office) == 0
    after = run("explain", "B1", "--json")[0]
    assert after == before | {"events": []}
    assert actions(office) == ["retention.applied", "retention.events_removed", "retention.applied"]


def test_numbers_go_on_behind_events_that_are_gone(office: Office) -> None:
    decided(office)
    last = office.events("B1")[-1].sequence
    office.on(TODAY + timedelta(days=91))
    run("retention")
    (entry,) = office.entries()
    office.resolve(entry, "eligible")
    assert office.types("B1") == ["eligibility.suspicion.cleared"]
    assert office.events("B1")[0].sequence > last
    assert office.events("B1")[0].replaces


@pytest.mark.parametrize("gone", [False, True], ids=["events kept", "events removed"])
def test_who_left_the_roster_is_cleared_whether_its_events_are_kept_or_not(
    office: Office, *, gone: bool
) -> None:
    decided(office)
    told = office.events("B1")[-1].event_id
    office.on(TODAY + timedelta(days=91)).roster({"benefit_id": "B2"})
    if gone:
        run("retention")
    (entry,) = office.entries()
    office.resolve(entry, "eligible")
    cleared = office.events("B1")[-1]
    assert cleared.type.endswith("eligibility.suspicion.cleared")
    assert cleared.replaces == (None if gone else told)


def test_the_monthly_job_applies_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_new = SyncReport(0, {}, Settled(0, 0, 0, 0))
    monkeypatch.setattr(monthly, "sync", lambda _station, progress: nothing_new if progress else None)
    decided(office)
    office.on(TODAY + timedelta(days=91)).compared(TODAY + timedelta(days=91))
    report = run_month(office.station, office.today)
    assert {each.name: each.goes > 0 for each in report.retained}["events"]
    again = run_month(office.station, office.today)
    assert again.retained == []
