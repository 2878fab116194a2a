"""How the store stands, in numbers for whoever watches it: cheap however many events there are.

No query walks the events or the delivered deliveries. Exact by an index: the last number, the oldest that
waits, what is held, what stands at a state; of a subscription that takes nothing, its pending deliveries are
looked through, `delivery.max_pending` at most. Counted up to MOST, and no further: pending and failed
deliveries.
Counted whole, since they grow by the day or with the subscribers: runs, windows, refusals, subscriptions,
consumers, alarms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, literal, select, text

from gateway.store.outbox import last_released, last_sequence
from gateway.store.spans import held
from gateway.store.tables import (
    ALARMS,
    CONSUMERS,
    DELIVERIES,
    REFUSALS,
    RUNS,
    SUBSCRIPTIONS,
    WINDOWS,
)
from gateway.store.undispatched import undispatched_since

MOST: Final = 1_000_000
"""No more rows than these are counted of what may pile up."""


@dataclass(frozen=True)
class RunsOf:
    """The runs of a kind that are in a state, and when the last of them ended."""

    kind: str
    state: str
    count: int
    last_at: datetime | None


@dataclass(frozen=True)
class Facts:
    """How the store stands. Events are numbered without gaps: the last number is how many there ever were.

    `frontier` is the number up to which events may go out: the one before the first that is held.
    `undispatched_since` is since when the oldest event could have been tried for an active subscription.
    `lags` and `behind` are numbers of events by subscription and by consumer.
    """

    last_sequence: int
    held: int
    frontier: int
    undispatched_since: datetime | None
    deliveries: Mapping[str, int]
    deliveries_made: int
    subscriptions: Mapping[str, int]
    lags: Mapping[str, int]
    behind: Mapping[str, int]
    alarms: Mapping[str, int]
    runs: tuple[RunsOf, ...]
    read_until: Mapping[str, datetime]
    refusals: Mapping[str, int]


def facts(conn: Connection, within_s: float) -> Facts:
    """Read them all; a server gives up after so many seconds."""
    if conn.dialect.name == "postgresql":
        conn.execute(text(f"SET LOCAL statement_timeout = {int(within_s * 1000)}"))
    last = last_sequence(conn)
    frontier = last_released(conn)
    return Facts(
        last_sequence=last,
        held=held(conn),
        frontier=frontier,
        undispatched_since=min(undispatched_since(conn, frontier).values(), default=None),
        deliveries={state: _up_to_most(conn, state) for state in ("pending", "failed")},
        deliveries_made=conn.scalar(select(func.max(DELIVERIES.c.delivery_id))) or 0,
        subscriptions=_counts(conn, SUBSCRIPTIONS.c.state),
        lags=_behind(conn, SUBSCRIPTIONS.c.subscription_id, SUBSCRIPTIONS.c.position, frontier),
        behind=_behind(conn, CONSUMERS.c.name, CONSUMERS.c.acked, frontier),
        alarms=_counts(conn, ALARMS.c.name, ALARMS.c.cleared_at.is_(None)),
        runs=_runs(conn),
        read_until=_read_until(conn),
        refusals=_counts(conn, REFUSALS.c.dataset, REFUSALS.c.settled_at.is_(None)),
    )


def _up_to_most(conn: Connection, state: str) -> int:
    # written out, not bound: only so does a partial index serve it
    at_state = DELIVERIES.c.state == text(f"'{state}'")
    some = select(literal(1)).select_from(DELIVERIES).where(at_state).limit(MOST).subquery()
    return conn.scalar(select(func.count()).select_from(some)) or 0


def _behind(
    conn: Connection, name: ColumnElement[str], place: ColumnElement[int], frontier: int
) -> dict[str, int]:
    return {str(who): max(frontier - at, 0) for who, at in conn.execute(select(name, place))}


def _counts(conn: Connection, by: ColumnElement[str], *which: ColumnElement[bool]) -> dict[str, int]:
    query = select(by, func.count()).where(*which).group_by(by)
    return {str(name): int(count) for name, count in conn.execute(query)}


def _runs(conn: Connection) -> tuple[RunsOf, ...]:
    columns = (RUNS.c.kind, RUNS.c.state)
    query = select(*columns, func.count(), func.max(RUNS.c.finished_at)).group_by(*columns)
    return tuple(RunsOf(*row) for row in conn.execute(query.order_by(*columns)))


def _read_until(conn: Connection) -> dict[str, datetime]:
    query = select(WINDOWS.c.dataset, func.max(WINDOWS.c.until)).where(WINDOWS.c.state == "closed")
    return {str(dataset): until for dataset, until in conn.execute(query.group_by(WINDOWS.c.dataset))}
