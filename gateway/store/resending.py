"""Looking deliveries up, and sending again what failed or is missing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, select

from gateway.errors import NotFoundError, RequestError
from gateway.store import audit, counters
from gateway.store.deliveries import RESENDS, Delivery, State, add
from gateway.store.outbox import StoredEvent, events_after
from gateway.store.spans import first_since
from gateway.store.tables import DELIVERIES, SUBSCRIPTIONS

UNDELIVERED: Final[tuple[State, ...]] = ("pending", "failed")
_A_READ: Final = 5000
_COLUMNS: Final = [DELIVERIES.c[name] for name in Delivery.__dataclass_fields__]


@dataclass(frozen=True)
class Which:
    """Which deliveries; all where nothing is set. `owner` is the token whose subscriptions they are of."""

    states: tuple[State, ...] | None = None
    subscription_id: str | None = None
    since: datetime | None = None
    owner: str | None = None
    before: int | None = None


def list_deliveries(conn: Connection, which: Which, limit: int) -> list[Delivery]:
    """Those that fit, the newest first."""
    query = _fitting(which).order_by(DELIVERIES.c.delivery_id.desc()).limit(limit)
    return [Delivery(*row) for row in conn.execute(query)]


def delivery(conn: Connection, delivery_id: int, owner: str | None = None) -> Delivery:
    """One delivery.

    Raises:
        NotFoundError: there is none of that number, or it is somebody else's.
    """
    query = _fitting(Which(owner=owner)).where(DELIVERIES.c.delivery_id == delivery_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("there is no such delivery: see `gateway deliveries list`")
    return Delivery(*row)


def resend(conn: Connection, found: Delivery, at: datetime, by: str) -> int:
    """Send a settled delivery again; gives the new one's number. The audit keeps `by` whom.

    Raises:
        RequestError: it is still to be sent, or its subscription was removed.
    """
    number = _again(conn, found, at)
    details: audit.Details = {"subscription": found.subscription_id, "as": number}
    audit.append(conn, at, by, "delivery.resent", str(found.delivery_id), details)
    return number


def resend_all(conn: Connection, found: Sequence[Delivery], at: datetime, by: str) -> None:
    """Send settled deliveries again; the audit keeps one entry for each subscription.

    Raises:
        RequestError: as `resend`.
    """
    numbers = defaultdict[str, list[int]](list)
    for each in found:
        numbers[each.subscription_id].append(_again(conn, each, at))
    for subscription_id, made in numbers.items():
        _audit_all(conn, subscription_id, made, at, by)


def failed_since(conn: Connection, which: Which, limit: int) -> list[Delivery]:
    """The oldest failed deliveries not sent again yet; `since` is when they were given up."""
    again = select(DELIVERIES.c.again_for).where(DELIVERIES.c.again_for.is_not(None))
    query = _narrowed(select(*_COLUMNS), Which(None, which.subscription_id, None, which.owner))
    query = query.where(DELIVERIES.c.state == "failed", DELIVERIES.c.delivery_id.not_in(again))
    if which.since is not None:
        query = query.where(DELIVERIES.c.finished_at >= which.since)
    lives = select(SUBSCRIPTIONS.c.subscription_id).where(SUBSCRIPTIONS.c.state != "removed")
    query = query.where(DELIVERIES.c.subscription_id.in_(lives))
    return [Delivery(*row) for row in conn.execute(query.order_by(DELIVERIES.c.delivery_id).limit(limit))]


def released_since(conn: Connection, since: datetime, position: int) -> Iterator[list[StoredEvent]]:
    """The events up to a position that were released since an instant, in parts, in order."""
    first = first_since(conn, since)
    after = position if first is None else first - 1
    while after < position:
        events = [each for each in events_after(conn, after, _A_READ) if each.sequence <= position]
        if not events:
            return
        yield [each for each in events if each.released_at and each.released_at >= since]
        after = events[-1].sequence


def covered(conn: Connection, subscription_id: str, first: int, last: int) -> set[int]:
    """The sequences from first to last that a subscription was delivered, or is still to be sent."""
    query = select(*_COLUMNS).where(
        DELIVERIES.c.subscription_id == subscription_id,
        DELIVERIES.c.state.in_(("delivered", "pending")),
        DELIVERIES.c.first_sequence <= last,
        DELIVERIES.c.last_sequence >= first,
    )
    return {number for row in conn.execute(query) for number in Delivery(*row).sequences}


def resend_events(
    conn: Connection, subscription_id: str, sequences: Sequence[int], at: datetime, by: str
) -> range:
    """Send these events again, each by itself and in order; the audit keeps `by` whom.

    Raises:
        RequestError: the subscription was removed.
    """
    _check_lives(conn, subscription_id)
    numbers = add(conn, subscription_id, [[sequence] for sequence in sequences], at)
    counters.advance(conn, RESENDS, 1)
    _audit_all(conn, subscription_id, numbers, at, by)
    return numbers


def _again(conn: Connection, found: Delivery, at: datetime) -> int:
    if found.state == "pending":
        raise RequestError(f"delivery {found.delivery_id} is still to be sent: wait, or mend its receiver")
    _check_lives(conn, found.subscription_id)
    numbers = add(conn, found.subscription_id, [found.sequences], at, again_for=found.delivery_id)
    counters.advance(conn, RESENDS, 1)
    return numbers[0]


def _audit_all(conn: Connection, subscription_id: str, numbers: Sequence[int], at: datetime, by: str) -> None:
    """Where somebody else's lie between, `deliveries` says how many of the numbers are meant."""
    details: audit.Details = {"deliveries": len(numbers), "from": numbers[0], "to": numbers[-1]}
    audit.append(conn, at, by, "deliveries.resent", subscription_id, details)


def _check_lives(conn: Connection, subscription_id: str) -> None:
    state = conn.scalar(
        select(SUBSCRIPTIONS.c.state).where(SUBSCRIPTIONS.c.subscription_id == subscription_id)
    )
    if state in {None, "removed"}:
        raise RequestError("its subscription was removed: nothing can be sent to it again")


def _fitting(which: Which) -> Select[Any]:
    query = _narrowed(select(*_COLUMNS), which)
    if which.before is not None:
        query = query.where(DELIVERIES.c.delivery_id < which.before)
    return query


def _narrowed(query: Select[Any], which: Which) -> Select[Any]:
    wanted: list[ColumnElement[bool]] = []
    if which.states is not None:
        wanted.append(DELIVERIES.c.state.in_(which.states))
    if which.subscription_id is not None:
        wanted.append(DELIVERIES.c.subscription_id == which.subscription_id)
    if which.since is not None:
        wanted.append(DELIVERIES.c.created_at >= which.since)
    if which.owner is not None:
        own = select(SUBSCRIPTIONS.c.subscription_id).where(SUBSCRIPTIONS.c.owner == which.owner)
        wanted.append(DELIVERIES.c.subscription_id.in_(own))
    return query.where(*wanted)
