"""Spans: events that were numbered together, held until their run lets them out.

An event is written once; that it is let out is said of its whole span, in one small row.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, delete, func, insert, select, update

from gateway.store.tables import COUNTERS, EVENT_SPANS

EVENT_COUNTER: Final = "events"
"""Numbers events in the order in which they are committed."""

_HELD: Final = EVENT_SPANS.c.released_at.is_(None)
_MANY: Final = EVENT_SPANS.c.last_sequence - EVENT_SPANS.c.first_sequence + 1
_FIRST_HELD: Final = select(func.min(EVENT_SPANS.c.first_sequence)).where(_HELD)

NUMBERED: Final = select(COUNTERS.c.value).where(COUNTERS.c.name == EVENT_COUNTER).scalar_subquery()
LAST_RELEASED: Final = func.coalesce(_FIRST_HELD.scalar_subquery() - 1, NUMBERED, 0)
"""As SQL: the number before the first held event; where none is held, the last there is."""


def add_span(conn: Connection, run_id: int, first: int, last: int) -> None:
    """Note that a run's events have these numbers, and are held."""
    conn.execute(insert(EVENT_SPANS).values(first_sequence=first, last_sequence=last, run_id=run_id))


def release_events(conn: Connection, run_id: int, at: datetime) -> int:
    """Let every event of a run out that was not yet let out, and say how many."""
    own = (EVENT_SPANS.c.run_id == run_id, _HELD)
    many = conn.scalar(select(func.sum(_MANY)).where(*own)) or 0
    conn.execute(update(EVENT_SPANS).where(*own).values(released_at=at))
    return int(many)


def remove_spans(conn: Connection, up_to: int) -> None:
    """Let go of what is said of removed events; a span begins with the first that is left of it."""
    conn.execute(delete(EVENT_SPANS).where(EVENT_SPANS.c.last_sequence <= up_to))
    cut = update(EVENT_SPANS).where(EVENT_SPANS.c.first_sequence <= up_to)
    conn.execute(cut.values(first_sequence=up_to + 1))


def held(conn: Connection) -> int:
    """How many events wait to be let out."""
    return int(conn.scalar(select(func.sum(_MANY)).where(_HELD)) or 0)


def first_since(conn: Connection, at: datetime) -> int | None:
    """The first number that was let out at this instant or later; null where there is none."""
    query = select(func.min(EVENT_SPANS.c.first_sequence)).where(EVENT_SPANS.c.released_at >= at)
    first: int | None = conn.scalar(query)
    return first


def of_event(column: ColumnElement[Any], sequence: ColumnElement[Any]) -> ScalarSelect[Any]:
    """As SQL: a column of the span that an event of this number is in."""
    return _around(column, sequence).scalar_subquery()


def released_at(conn: Connection, sequence: int) -> datetime | None:
    """When the event of this number was let out; null while it is held, and where there is none."""
    at: datetime | None = conn.scalar(_around(EVENT_SPANS.c.released_at, sequence))
    return at


def _around(column: ColumnElement[Any], sequence: ColumnElement[Any] | int) -> Select[Any]:
    """The first span that ends there or behind it: spans cover every number, so it is in that one."""
    query = select(column).where(EVENT_SPANS.c.last_sequence >= sequence)
    return query.order_by(EVENT_SPANS.c.last_sequence).limit(1)
