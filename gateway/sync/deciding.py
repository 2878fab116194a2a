"""One decision run: every bucket is decided and committed with its events, then the events are let out."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import pyarrow as pa
from sqlalchemy import Connection

from gateway.clock import CHINA
from gateway.decide.changes import DecisionRow, decision_rows, drafts, next_state
from gateway.decide.columns import DECIDED
from gateway.decide.compared import uncompared_datasets
from gateway.decide.engine import BucketSources, Queries, compiled, decide_bucket
from gateway.errors import ConfigError
from gateway.events import EventDraft, Origin, serialise
from gateway.evidence.columns import BUCKETS, STRANGERS
from gateway.evidence.engine import engine
from gateway.evidence.files import as_part, write_part
from gateway.evidence.live import counting, scan
from gateway.evidence.settle import settle
from gateway.policy import Policy, load_policy
from gateway.roster.columns import ROSTER
from gateway.store import runs
from gateway.store.decisions import Decision, advance
from gateway.store.outbox import NewEvent, append_events, release_events
from gateway.store.parts import Part, add_parts, live_parts, retire_parts
from gateway.store.windows import compared_until
from gateway.sync.lock import exclusive
from gateway.sync.roster import match_again, stopped_in_import
from gateway.sync.station import Station, failing_loudly

Progress = Callable[[int, int], None]
"""Told after every bucket: how many are decided, of how many."""


def silent(_done: int, _all: int) -> None:
    """Progress for those who do not watch."""


@dataclass
class DecideReport:
    """What one decision run came to: benefits by decision and reason, events by type."""

    run_id: int
    as_of: date
    policy_version: str
    uncompared: tuple[str, ...]
    decisions: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    events: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Run:
    station: Station
    policy: Policy
    as_of: date
    run_id: int
    origin: Origin
    uncompared: tuple[str, ...]
    queries: Queries

    def now(self) -> datetime:
        return self.station.now()


def decide_run(station: Station, as_of: date, progress: Progress = silent) -> DecideReport:
    """Decide every benefit as of a day (Asia/Shanghai) and publish what changed.

    A run that stops between two buckets is simply run again: decided buckets then change nothing.

    Raises:
        ConfigError: the rules have faults, there is no roster, or a later day was decided already.
        StoreError: the database or the disk failed; what was committed stays.
    """
    policy = load_policy(station.settings.folder)
    with exclusive(station.evidence):
        station.store.migrate()
        with station.store.begin() as conn:
            runs.end_stopped_runs(conn, station.now())
            _check(conn, as_of)
            resume_import = stopped_in_import(conn)
            run_id = runs.start_run(conn, "decide", station.now(), as_of, policy.version)
        with failing_loudly(station, run_id):
            memory_mb = station.settings.gateway.decide_memory_mb
            settle(station.store, station.evidence, run_id, station.now(), memory_mb)
            if resume_import:
                match_again(station, run_id)
            return _decide(station, policy, as_of, run_id, progress)


def _check(conn: Connection, as_of: date) -> None:
    if not live_parts(conn, "roster"):
        raise ConfigError("there is no roster yet: run `gateway roster import FILE` first")
    latest = runs.last_decided(conn)
    if latest and latest > as_of:
        raise ConfigError(f"{latest} was decided already: a decision run never goes back to {as_of}")


def _decide(station: Station, policy: Policy, as_of: date, run_id: int, progress: Progress) -> DecideReport:
    with station.store.read() as conn:
        uncompared = uncompared_datasets(policy, compared_until(conn), as_of)
    told = station.settings.gateway.events
    origin = Origin(told.source, told.type_prefix, station.now().replace(tzinfo=CHINA), f"run-{run_id}")
    queries = compiled(policy, as_of, uncompared)
    run = _Run(station, policy, as_of, run_id, origin, uncompared, queries)
    report = DecideReport(run_id, as_of, policy.version, uncompared)
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connection:
        for bucket in range(BUCKETS):
            _decide_bucket(run, connection, bucket, report)
            progress(bucket + 1, BUCKETS)
    with station.store.begin() as conn:
        release_events(conn, run.now())
        runs.finish_run(conn, run_id, "done", run.now(), summary=_summary(report))
    return report


def _decide_bucket(
    run: _Run, connection: duckdb.DuckDBPyConnection, bucket: int, report: DecideReport
) -> None:
    with run.station.store.read() as conn:
        before = live_parts(conn, "decided", bucket)
        sources = _sources(run.station, conn, bucket, before)
    outcome = decide_bucket(connection, sources, run.queries)
    events = drafts(outcome, run.policy, run.as_of, run.origin)
    _count(report, outcome.state, outcome.changed.num_rows, events)
    if not outcome.changed.num_rows and outcome.state.num_rows == sum(part.rows for part in before):
        return
    written = write_part(run.station.evidence, "decided", next_state(outcome, events))
    rows = decision_rows(outcome, run.policy, run.as_of, run.uncompared)
    with run.station.store.begin() as conn:
        append_events(conn, run.run_id, [_as_new(event) for event in events])
        advance(conn, list(_as_decisions(run, rows)))
        retire_parts(conn, [part.part_id for part in before], run.now())
        add_parts(conn, [as_part(written, "decided", bucket, run.run_id, run.now())])


def _sources(station: Station, conn: Connection, bucket: int, decided: list[Part]) -> BucketSources:
    def parts(stage: str, of: int) -> list[Part]:
        return live_parts(conn, stage, of)

    strangers = (parts("settled", STRANGERS), parts("retired", STRANGERS))
    return BucketSources(
        evidence=counting(station.evidence, parts("settled", bucket), parts("retired", bucket), strangers),
        roster=scan(station.evidence, parts("roster", bucket), ROSTER),
        decided=scan(station.evidence, decided, DECIDED),
    )


def _count(report: DecideReport, state: pa.Table, changed: int, events: list[EventDraft]) -> None:
    counted = state.group_by(["decision", "reason"]).aggregate([([], "count_all")])
    for row in counted.to_pylist():
        name = f"{row['decision']} ({row['reason']})" if row["reason"] else row["decision"]
        report.decisions[name] += row["count_all"]
    report.changed += changed
    report.events.update(event.type for event in events)


def _as_new(event: EventDraft) -> NewEvent:
    return NewEvent(
        event_id=event.event_id,
        type=event.type,
        subject=event.subject,
        county=event.county,
        time=event.origin.time.replace(tzinfo=None),
        replaces=event.replaces,
        serialise=lambda sequence: serialise(event, sequence),
    )


def _as_decisions(run: _Run, rows: Iterator[DecisionRow]) -> Iterator[Decision]:
    for row in rows:
        yield Decision(**vars(row), run_id=run.run_id, as_of=run.as_of, decided_at=run.now())


def _summary(report: DecideReport) -> dict[str, object]:
    return {
        "decisions": dict(report.decisions),
        "changed": report.changed,
        "events": dict(report.events),
        "uncompared": list(report.uncompared),
    }
