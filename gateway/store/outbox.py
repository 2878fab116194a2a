"""The outbox: events numbered without gaps, kept as the very bytes every channel sends."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from gateway.store import counters
from gateway.store.tables import EVENTS

COUNTER: Final = "events"


@dataclass(frozen=True)
class NewEvent:
    """An event that has no number yet; `serialise` makes its bytes once it has one."""

    event_id: str
    type: str
    subject: str
    county: str | None
    time: datetime
    serialise: Callable[[int], bytes] = field(repr=False)
    replaces: str | None = None


@dataclass(frozen=True)
class StoredEvent:
    """A numbered event; `body` is exactly what is sent."""

    sequence: int
    event_id: str
    type: str
    subject: str
    county: str | None
    run_id: int
    time: datetime
    body: bytes = field(repr=False)
    released_at: datetime | None
    replaces: str | None


def append_events(conn: Connection, run_id: int, events: Sequence[NewEvent]) -> int:
    """Number the events, keep their bytes, and give the last number; held back until released.

    A second writer waits for this transaction, so numbers are committed in order and without gaps.
    """
    last = counters.advance(conn, COUNTER, len(events))
    first = last - len(events) + 1
    if events:
        rows = [_row(run_id, event, number) for number, event in enumerate(events, first)]
        conn.execute(insert(EVENTS), rows)
    return last


def release_events(conn: Connection, run_id: int, at: datetime) -> int:
    """Let every event of a run out that was not yet let out, and say how many."""
    held = update(EVENTS).where(EVENTS.c.run_id == run_id, EVENTS.c.released_at.is_(None))
    return conn.execute(held.values(released_at=at)).rowcount


def events_after(
    conn: Connection, sequence: int, limit: int, types: Collection[str] | None = None
) -> list[StoredEvent]:
    """Released events after a cursor, in order, never past one that is still held.

    Passing a held one would move the reader's cursor over it, and it would be lost when it comes out.
    """
    query = select(EVENTS).where(EVENTS.c.sequence > sequence, EVENTS.c.released_at.is_not(None))
    held = conn.scalar(select(func.min(EVENTS.c.sequence)).where(EVENTS.c.released_at.is_(None)))
    if held is not None:
        query = query.where(EVENTS.c.sequence < held)
    if types is not None:
        query = query.where(EVENTS.c.type.in_(types))
    return [
        StoredEvent(**row._asdict()) for row in conn.execute(query.order_by(EVENTS.c.sequence).limit(limit))
    ]


def last_sequence(conn: Connection) -> int:
    """The number of the last event there is, released or held; 0 when there is none."""
    return conn.scalar(select(func.max(EVENTS.c.sequence))) or 0


def events_about(conn: Connection, benefit_id: str) -> list[StoredEvent]:
    """Every event of one benefit in order, held ones included."""
    query = select(EVENTS).where(EVENTS.c.subject == benefit_id).order_by(EVENTS.c.sequence)
    return [StoredEvent(**row._asdict()) for row in conn.execute(query)]


def _row(run_id: int, event: NewEvent, number: int) -> dict[str, Any]:
    columns = {name: value for name, value in vars(event).items() if name != "serialise"}
    return columns | {"run_id": run_id, "sequence": number, "body": event.serialise(number)}
