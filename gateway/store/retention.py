"""What of the store is past its retention: events with their deliveries, refusals, closed verifications.

Events are removed from the first one on, so that the feed has one beginning and no gaps. Removed is only what
was let out long enough ago, and that everybody who is still coming has taken.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select

from gateway.store.outbox import last_sequence
from gateway.store.spans import remove_spans
from gateway.store.tables import CONSUMERS, DELIVERIES, EVENT_SPANS, EVENTS, LEDGER, REFUSALS, SUBSCRIPTIONS

AT_ONCE: Final = 50_000
"""Events that one transaction removes at most."""


@dataclass(frozen=True)
class Hold:
    """Who keeps events from being removed: everything behind number `after` stays for it."""

    who: str
    why: str
    after: int


@dataclass(frozen=True)
class Removable:
    """The events that may go: `events` of them, up to number `up_to`; `due` is what is past its retention.

    `holds` are those that hold some of it back. `passed` are consumers that took nothing for the whole
    retention: what they have not taken goes, and the feed tells them so with 410.
    """

    events: int
    up_to: int
    due: int
    holds: tuple[Hold, ...] = ()
    passed: tuple[str, ...] = ()


def removable(conn: Connection, before: datetime) -> Removable:
    """Which events were let out before an instant and may go."""
    due = _due(conn, before)
    holds = tuple(hold for hold in _holds(conn, before) if hold.after < due)
    up_to = min((due, *(hold.after for hold in holds)))
    events = conn.scalar(select(func.count()).where(EVENTS.c.sequence <= up_to)) or 0
    return Removable(events, up_to, due, holds, tuple(_passed(conn, before, up_to)))


def remove_events(conn: Connection, up_to: int) -> int:
    """Remove the first events that there are, at most AT_ONCE, with the deliveries that told of them.

    Pending deliveries are of events that `removable` keeps. Returns how many events are gone.
    """
    first = conn.scalar(select(func.min(EVENTS.c.sequence)))
    if first is None or first > up_to:
        return 0
    last = min(up_to, first + AT_ONCE - 1)
    ended = DELIVERIES.c.state != "pending"
    conn.execute(delete(DELIVERIES).where(ended, DELIVERIES.c.first_sequence <= last))
    remove_spans(conn, last)
    return conn.execute(delete(EVENTS).where(EVENTS.c.sequence <= last)).rowcount


def settled_refusals(conn: Connection, before: datetime) -> int:
    """How many refusals were settled before an instant."""
    return conn.scalar(select(func.count()).where(REFUSALS.c.settled_at < before)) or 0


def remove_refusals(conn: Connection, before: datetime) -> None:
    """Forget the refusals that were settled before an instant; an open one stays until it is."""
    conn.execute(delete(REFUSALS).where(REFUSALS.c.settled_at < before))


def closed_before(conn: Connection, before: datetime) -> Iterator[tuple[int, int]]:
    """Person and content of the rows whose every verification was closed before an instant."""
    closed: defaultdict[tuple[int, int], bool] = defaultdict(lambda: True)
    query = select(LEDGER.c.person, LEDGER.c.contents, LEDGER.c.closed_at)
    for person, contents, closed_at in conn.execute(query):
        for content in contents:
            closed[person, content] &= closed_at is not None and closed_at < before
    return (row for row, is_old in closed.items() if is_old)


def _due(conn: Connection, before: datetime) -> int:
    """The number up to which every event was let out before the instant."""
    young = or_(EVENT_SPANS.c.released_at.is_(None), EVENT_SPANS.c.released_at >= before)
    first = conn.scalar(select(func.min(EVENT_SPANS.c.first_sequence)).where(young))
    return last_sequence(conn) if first is None else first - 1


def _holds(conn: Connection, before: datetime) -> Iterator[Hold]:
    lives = SUBSCRIPTIONS.c.state != "removed"
    columns = (SUBSCRIPTIONS.c.subscription_id, SUBSCRIPTIONS.c.state, SUBSCRIPTIONS.c.position)
    for name, state, position in conn.execute(select(*columns).where(lives)):
        yield Hold(f"subscription {name}", f"is {state} and has not come further", position)
    for name, state, first in conn.execute(_undelivered()):
        yield Hold(f"subscription {name}", f"has {state} deliveries", first - 1)
    for name, acked in conn.execute(_consumers(_took_something(before))):
        yield Hold(f"consumer {name}", "has not acknowledged more", acked)


def _undelivered() -> Select[Any]:
    again = select(DELIVERIES.c.again_for).where(DELIVERIES.c.again_for.is_not(None))
    open_ = or_(
        DELIVERIES.c.state == "pending",
        (DELIVERIES.c.state == "failed") & DELIVERIES.c.delivery_id.not_in(again),
    )
    own = (DELIVERIES.c.subscription_id, DELIVERIES.c.state)
    joined = DELIVERIES.join(SUBSCRIPTIONS, SUBSCRIPTIONS.c.subscription_id == DELIVERIES.c.subscription_id)
    query = select(*own, func.min(DELIVERIES.c.first_sequence)).select_from(joined)
    return query.where(open_, SUBSCRIPTIONS.c.state != "removed").group_by(*own)


def _took_something(before: datetime) -> ColumnElement[bool]:
    return (
        func.coalesce(CONSUMERS.c.acked_at, CONSUMERS.c.created_at, type_=CONSUMERS.c.acked_at.type) >= before
    )


def _consumers(which: ColumnElement[bool]) -> Select[Any]:
    return select(CONSUMERS.c.name, CONSUMERS.c.acked).where(which).order_by(CONSUMERS.c.name)


def _passed(conn: Connection, before: datetime, up_to: int) -> Iterator[str]:
    silent = ~_took_something(before) & (CONSUMERS.c.acked < up_to)
    return (name for name, _ in conn.execute(_consumers(silent)))
