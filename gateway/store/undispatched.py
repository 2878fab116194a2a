"""Which events could have been tried and were not: one reckoning for the gauge and for the alarm."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, bindparam, func, select, text

from gateway.store.spans import released_at
from gateway.store.tables import DELIVERIES, EVENTS, SUBSCRIPTIONS


def undispatched_since(conn: Connection, released: int) -> dict[str, datetime]:
    """By active subscription, since when its oldest event could have been tried; those without are left out.

    An event counts from its release until its delivery was first tried. Before a subscription looked at it,
    it counts whether or not it will be wanted; once it is behind a delivery of its benefit that waits to be
    tried again, it counts no longer: it is held back on purpose. What is sent again on request never counts.

    Args:
        conn: a transaction.
        released: the number up to which events may go out.
    """
    active = select(SUBSCRIPTIONS.c.subscription_id, SUBSCRIPTIONS.c.position)
    places = conn.execute(active.where(SUBSCRIPTIONS.c.state == "active")).all()
    return {
        str(name): since
        for name, position in places
        if (since := min(_since(conn, name, position, released), default=None)) is not None
    }


def _since(conn: Connection, name: str, position: int, released: int) -> Iterator[datetime]:
    """When the first that was not looked at, and the first that was not tried, were let out."""
    unseen = position + 1 if position < released else None
    for sequence in (unseen, conn.scalar(_UNTRIED, {"own": name})):
        if sequence is not None:
            at = released_at(conn, sequence)
            yield from [] if at is None else [at]


def _pending(table: FromClause) -> tuple[ColumnElement[bool], ...]:
    """A subscription's pending ones; the state is written out, not bound: only so does the index serve it."""
    return table.c.state == text("'pending'"), table.c.subscription_id == bindparam("own")


def _subject(table: FromClause) -> ColumnElement[str]:
    """Looked up for each delivery; in a join, SQLite may begin with all the events."""
    query = select(EVENTS.c.subject).where(EVENTS.c.sequence == table.c.first_sequence)
    return func.coalesce(query.correlate(table).scalar_subquery(), "")


def _untried() -> Select[Any]:
    """The number of the first event of a subscription that was never tried and is not held back."""
    tried, first = DELIVERIES.alias("tried"), DELIVERIES.c.first_sequence
    failing = select(_subject(tried)).where(*_pending(tried), tried.c.attempts > 0)
    fresh = (DELIVERIES.c.attempts == 0, DELIVERIES.c.again_for.is_(None))
    query = select(first).where(*_pending(DELIVERIES), *fresh, _subject(DELIVERIES).not_in(failing))
    return query.order_by(first).limit(1)


_UNTRIED: Final = _untried()
