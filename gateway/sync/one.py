"""Decides one benefit out of turn: by the same rules on its person's part of the bucket, told at once.

It needs no hold of the evidence folder: what it started from is looked at again in the one commit that makes
it count, and a run that published in the meantime makes it start again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from gateway.clock import CHINA
from gateway.decide.changes import DecisionText, decision_rows, drafts, next_state
from gateway.decide.compared import Gaps, gaps
from gateway.decide.engine import BucketSources, decide_bucket
from gateway.decide.engines import DuckTables
from gateway.decide.findings import LiveCause, live_causes, told_late
from gateway.decide.outcome import BucketOutcome, Settles
from gateway.errors import StoreError
from gateway.events import ConflictFound, EligibilitySuspected, EventDraft, Origin, enveloped, series
from gateway.evidence.engine import engine
from gateway.policy import Policy
from gateway.store import runs
from gateway.store.decisions import ByRun, advance
from gateway.store.ledger import Entry, Mark, entries_of, open_or_update, told_unresolved
from gateway.store.outbox import append_events, hold_numbers
from gateway.store.parts import BUCKETS, live_parts
from gateway.store.revisions import put_revision, revision_of
from gateway.store.spans import release_events
from gateway.store.windows import compared_until
from gateway.sync.days import present_day
from gateway.sync.deciding import refuse_while_held
from gateway.sync.queries import kept_queries
from gateway.sync.sources import bucket_input
from gateway.sync.standing import as_columns, as_revision
from gateway.sync.station import Station

_TRIES: Final = 2
_FINDINGS: Final = (EligibilitySuspected, ConflictFound)

Beside = Callable[[Connection, datetime], None]
"""What is written in the same commit; given the instant that everything in it happens at."""

Marks = Callable[[Sequence[Entry]], Sequence[Mark]]
"""What the rules are to read of the entries of the benefit's person."""


@dataclass(frozen=True)
class Subject:
    """The one benefit; `person` is its holder's roster number, `why` names what it is decided for."""

    benefit_id: str
    person: int
    why: str
    settles: Settles | None = None

    @property
    def bucket(self) -> int:
        """The bucket its person is in."""
        return self.person % BUCKETS


@dataclass(frozen=True)
class Start:
    """What a decision out of turn starts from."""

    station: Station
    policy: Policy
    subject: Subject
    as_of: date
    origin: Origin
    gaps: Gaps
    sources: BucketSources
    parts: list[str]
    revision_id: int | None


@dataclass(frozen=True)
class Told:
    """What a decision out of turn came to; `state` is the benefit's DECIDED row, null where it stays."""

    events: Sequence[EventDraft] = ()
    decisions: Sequence[DecisionText] = ()
    causes: Sequence[LiveCause] = ()
    state: dict[str, Any] | None = field(default=None, repr=False)


Make = Callable[[duckdb.DuckDBPyConnection, Start], Told]


def decide_one(station: Station, policy: Policy, subject: Subject, seen: Marks, beside: Beside) -> Told:
    """Decide a benefit anew by the ledger as it will be, and tell of it.

    The day is today, or the last decided one where that is later.

    Raises:
        RunHeld: a run waits for a person's word, and something is found that must not leave before.
        StoreError: another run decided the benefit twice while this did; nothing was changed.
    """

    def make(connection: duckdb.DuckDBPyConnection, start: Start) -> Told:
        with station.store.read() as conn:
            entries = entries_of(conn, [subject.person])
        ledger = as_columns(seen(entries), policy, start.as_of)
        told = _decided(connection, replace(start, sources=replace(start.sources, ledger=ledger)))
        if any(isinstance(event.data, _FINDINGS) for event in told.events):
            with station.store.read() as conn:
                refuse_while_held(conn)
        return told

    return tell_one(station, policy, subject, make, beside)


def tell_one(station: Station, policy: Policy, subject: Subject, make: Make, beside: Beside) -> Told:
    """Make events about one benefit from how it stands, and keep and release them in one commit.

    Raises:
        StoreError: as `decide_one`.
    """
    for _ in range(_TRIES):
        with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connection:
            start = _start(station, policy, subject, connection)
            told = make(connection, start)
        if _commit(start, told, beside):
            return told
    raise StoreError("another run is deciding this benefit: wait until it has ended, then say it again")


def last_row(connection: duckdb.DuckDBPyConnection, start: Start) -> dict[str, Any] | None:
    """The benefit's DECIDED row as it stands; none where it left the roster before the last run."""
    found = connection.sql(start.sources.decided).filter(f"benefit_id = {_literal(start.subject.benefit_id)}")
    return next(iter(found.to_arrow_table().to_pylist()), None)


def _start(
    station: Station, policy: Policy, subject: Subject, connection: duckdb.DuckDBPyConnection
) -> Start:
    now = station.now()
    told = station.settings.gateway.events
    with station.store.read() as conn:
        as_of = present_day(station, conn)
        given = bucket_input(station, conn, DuckTables(connection), [subject.bucket], policy, as_of)
        revision = revision_of(conn, subject.benefit_id)
        return Start(
            station=station,
            policy=policy,
            subject=subject,
            as_of=as_of,
            origin=Origin(
                source=told.source,
                type_prefix=told.type_prefix,
                time=now.replace(tzinfo=CHINA),
                correlation_id=subject.why,
                series=series(as_of, subject.bucket),
            ),
            gaps=gaps(policy, compared_until(conn), as_of),
            sources=_of_person(given.sources, subject.person),
            parts=_decided_parts(conn, subject),
            revision_id=revision.revision_id if revision else None,
        )


def _of_person(sources: BucketSources, person: int) -> BucketSources:
    def own(rows: str) -> str:
        return f"SELECT * FROM ({rows}) WHERE person = {person}"  # noqa: S608 - a number

    roster = own(sources.roster)
    last = f"SELECT * FROM ({sources.decided}) SEMI JOIN ({roster}) USING (benefit_id)"  # noqa: S608 - our own
    return BucketSources(own(sources.evidence), roster, last, sources.ledger)


def _decided(connection: duckdb.DuckDBPyConnection, start: Start) -> Told:
    queries = kept_queries(start.station.work, start.policy, start.as_of, start.gaps)
    outcome = _of_benefit(decide_bucket(connection, start.sources, queries), start.subject)
    if not outcome.changed.num_rows:
        return Told()
    events = drafts(outcome, start.policy, start.as_of, start.origin)
    return Told(
        events=events,
        decisions=list(decision_rows(outcome, start.policy, start.as_of, start.gaps)),
        causes=live_causes(outcome, start.policy),
        state=next_state(outcome, events).to_pylist()[0],
    )


def _of_benefit(outcome: BucketOutcome, subject: Subject) -> BucketOutcome:
    def only(table: pa.Table) -> pa.Table:
        return table.filter(pc.field("benefit_id") == subject.benefit_id)

    tables = only(outcome.state), only(outcome.changed), only(outcome.references)
    return BucketOutcome(*tables, settles=subject.settles)


def _commit(start: Start, told: Told, beside: Beside) -> bool:
    """Keep everything at once; false, and nothing kept, where the benefit was decided in the meantime."""
    now = start.station.now()
    with start.station.store.begin() as conn:
        # a run that publishes this bucket has committed it then, or waits until this is through
        hold_numbers(conn)
        if not _still_stands(conn, start):
            return False
        run_id = runs.start_run(conn, "ledger", now, start.as_of, start.policy.version)
        beside(conn, now)
        _keep(conn, start, told, run_id, now)
        release_events(conn, run_id, now)
        counted = Counter(event.type for event in told.events)
        summary = {"why": start.subject.why, "events": dict(counted)}
        runs.finish_run(conn, run_id, "done", now, summary=summary)
    return True


def _keep(conn: Connection, start: Start, told: Told, run_id: int, now: datetime) -> None:
    append_events(conn, run_id, map(enveloped, told.events), start.station.sign)
    advance(conn, ByRun(run_id, start.as_of, now), told.decisions)
    open_or_update(conn, run_id, now, start.as_of, told.causes)
    told_unresolved(conn, run_id, now, list(told_late(told.events)))
    if told.state:
        subject = start.subject
        put_revision(conn, subject.benefit_id, subject.bucket, as_revision(told.state), now)


def _still_stands(conn: Connection, start: Start) -> bool:
    revision = revision_of(conn, start.subject.benefit_id)
    same_revision = (revision.revision_id if revision else None) == start.revision_id
    return same_revision and _decided_parts(conn, start.subject) == start.parts


def _decided_parts(conn: Connection, subject: Subject) -> list[str]:
    return [part.part_id for part in live_parts(conn, "decided", subject.bucket)]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
