"""No ID number and no name leaves the roster and the pages: not in a file, a log, a line or an error."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.cli.explain import print_explanation
from gateway.cli.reports import print_decide
from gateway.cli.roster import print_import
from gateway.cli.run import print_sync
from gateway.evidence.belonging import MARKER
from gateway.sandbox.faults import FaultKind
from gateway.settings import ServeSettings
from gateway.store.ledger import Wanted, list_entries
from gateway.store.outbox import events_after
from gateway.sync.explaining import explanation_of
from gateway.sync.monthly import run_month
from gateway.web.access import Access
from gateway.web.app import make_app
from tests.acceptance.kept import naming, rows_of, stages
from tests.support.serving import KEYS
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
    assert {MARKER, ".lock"} <= {file.name for file in month.station.work.iterdir()}
    assert naming(month.data, privates) == {}
    kept = rows_of(month.station.store)
    # the database has explanations compressed: they are looked at as texts
    assert b'"would_change":' in kept
    assert privates.in_bytes(kept) == 0


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


def test_no_answer_over_http_names_anybody(month: Trial, privates: Privates, supplies: Supplies) -> None:
    texts = asyncio.run(asked_everything(month, supplies.province.people[0].id_number))
    assert {status for _, status, _ in texts} == {200, 202, 401, 404, 409, 422}
    assert {path: privates.in_text(text) for path, _, text in texts if privates.in_text(text)} == {}
    assert sum(len(text) for _, _, text in texts) > 20_000


async def asked_everything(trial: Trial, id_number: str) -> list[tuple[str, int, str]]:
    """Every kind of request, answered or refused: its path without what was sent, its status, its body."""
    with trial.station.store.read() as conn:
        subjects = sorted({event.subject for event in events_after(conn, 0, 10**6)})
        numbers = [each.entry_id for each in list_entries(conn, Wanted(state="all", limit=10**6))]
    first = numbers[0]
    about = [f"/v1/benefits/{each}{tail}" for each in subjects for tail in ("", "/statements")]
    listed = ["/healthz", "/v1/events?limit=1000", "/v1/ledger?state=all&limit=1000", "/v1/runs", "/v1/none"]
    single = [*(f"/v1/ledger/{each}" for each in numbers), *(f"/v1/runs/{each}" for each in range(1, 5))]
    sent: list[tuple[str, dict[str, object]]] = [
        ("/v1/certifications", {"benefit_id": subjects[0], "on": "2026-09-20", "method": "counter"}),
        ("/v1/certifications", {"benefit_id": id_number, "on": "2026-09-20", "method": "counter"}),
        ("/v1/community-reports", {"benefit_id": subjects[0], "on": id_number, "kind": "visit"}),
        (f"/v1/ledger/{first}/assign", {"to": "officer 7", "by": id_number}),
        (f"/v1/ledger/{first}/contact", {"whom": "self", "result": f"is {id_number}", "by": "officer 7"}),
        (f"/v1/ledger/{first}/resolve", {"outcome": "duplicate", "by": "officer 7", "note": "see another"}),
        (f"/v1/ledger/{first}/resolve", {"outcome": id_number, "by": "officer 7", "note": "looked at"}),
    ]
    found = []
    often = Access(trial.station.store, ServeSettings(requests_per_second=10**6, burst=10**6))
    async with TestClient(TestServer(make_app(trial.station.store, KEYS, trial.station, often))) as client:
        for path in (*listed, *about, *single):
            for headers in ({}, {"X-Real-IP": "192.0.2.7"}):
                async with client.get(path, headers=headers) as reply:
                    found.append((path, reply.status, await reply.text()))
        async with client.get(f"/v1/benefits/{id_number}") as reply:
            found.append(("/v1/benefits/…", reply.status, await reply.text()))
        for path, body in sent:
            async with client.post(path, json=body) as reply:
                found.append((path, reply.status, await reply.text()))
    return found


def explain_all(trial: Trial) -> None:
    with trial.station.store.read() as conn:
        subjects = {event.subject for event in events_after(conn, 0, 10**6)}
    for benefit_id in sorted(subjects):
        found = explanation_of(trial.station.store, benefit_id)
        assert found
        print_explanation(found)
