"""No ID number and no name leaves the roster and the pages: not in a file, a log, a line or an error."""

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.explain import print_explanation
from gateway.cli.roster import print_import
from gateway.cli.run import print_decide, print_sync
from gateway.evidence.belonging import MARKER
from gateway.sandbox.faults import FaultKind
from gateway.store.outbox import events_after
from gateway.sync.explaining import explanation_of
from gateway.sync.monthly import run_month
from tests.acceptance.kept import naming, rows_of, stages
from tests.support.site import AS_OF, Digest, Privates, Supplies, Trial, open_trial

FAULTS = {
    "settlements": FaultKind.FORGED,
    "marriages": FaultKind.WRONG_KEY,
    "outpatient_visits": FaultKind.BROKEN_JSON,
    "border_crossings": FaultKind.CUT_BODY,
}


@pytest.fixture
def month(supplies: Supplies, decided: tuple[Path, Digest], tmp_path: Path) -> Iterator[Trial]:
    """A site that has done a month."""
    with open_trial(tmp_path, supplies, start=decided[0]) as opened:
        yield opened


def test_what_is_looked_for_is_found_where_it_stands(supplies: Supplies, privates: Privates) -> None:
    roster = supplies.roster.read_text("utf-8")
    assert privates.in_text(roster) > 100
    assert privates.in_bytes(roster.encode()) > 100
    assert privates.in_bytes("".join(supplies.roster.read_text("utf-8").split()).encode("gb18030")) > 100
    assert privates.in_bytes(b"B990000000001 employee_pension") == 0


def test_nothing_that_is_kept_names_anybody(month: Trial, privates: Privates) -> None:
    assert {"arrived", "settled", "decided", "roster"} <= stages(month.data)
    assert {MARKER, ".lock"} <= {file.name for file in month.station.evidence.iterdir()}
    assert naming(month.data, privates) == {}
    assert privates.in_bytes(rows_of(month.station.store)) == 0


def test_no_event_names_anybody(month: Trial, privates: Privates) -> None:
    with month.station.store.read() as conn:
        bodies = [event.body.decode() for event in events_after(conn, 0, 10**6)]
    assert len(bodies) > 20
    assert sum(map(privates.in_text, bodies)) == 0


def test_nothing_that_is_said_names_anybody(
    supplies: Supplies,
    privates: Privates,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with open_trial(tmp_path, supplies) as trial:
        print_import(trial.take_roster(supplies.roster))
        for dataset, kind in FAULTS.items():
            trial.hub.faults.add(kind, dataset, times=None)
        report = run_month(trial.station, AS_OF)
        assert set(report.synced.stops) == set(FAULTS)
        print_sync(report.synced, as_json=False)
        print_sync(report.synced, as_json=True)
        print_decide(report.decided, as_json=False)
        explain_all(trial)
        faults = [line for stop in report.synced.stops.values() for line in traceback.format_exception(stop)]
        said = [repr(report), repr(trial.latest_run()), *faults]
    seen = capfd.readouterr()
    texts = {"out": seen.out, "err": seen.err, "log": caplog.text, "errors": "\n".join(said)}
    assert {name: privates.in_text(text) for name, text in texts.items()} == dict.fromkeys(texts, 0)
    assert len(seen.out) > 1000
    assert "attempt 2 of 3" in caplog.text


def explain_all(trial: Trial) -> None:
    with trial.station.store.read() as conn:
        subjects = {event.subject for event in events_after(conn, 0, 10**6)}
    for benefit_id in sorted(subjects):
        found = explanation_of(trial.station.store, benefit_id)
        assert found
        print_explanation(found)
