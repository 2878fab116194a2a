"""Deliveries: what of the outbox is to be sent to whom, and what came of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select, update

from gateway.store import counters
from gateway.store.bulk import driver_rows, insert_rows
from gateway.store.joining import gives_rows_one_by_one, joined_bytes
from gateway.store.tables import DELIVERIES, EVENTS, SUBSCRIPTIONS

State = Literal["pending", "delivered", "failed", "canceled"]

COUNTER: Final = "deliveries"
"""Numbers deliveries in the order in which they are committed, so that none is overlooked."""

RESENDS: Final = "resends"
"""Counts how often something was sent again, so that whoever sends looks for it."""

_A_STATEMENT: Final = 1000
_INSERTED: Final = (
    "delivery_id",
    "first_sequence",
    "last_sequence",
    "events",
    "members",
    "subscription_id",
    "state",
    "attempts",
    "created_at",
    "next_at",
    "again_for",
)
_PENDING: Final = DELIVERIES.c.state == "pending"


@dataclass(frozen=True)
class Delivery:
    """A delivery as it stands; `members` are its sequences where they are not all from first to last."""

    delivery_id: int
    subscription_id: str
    first_sequence: int
    last_sequence: int
    events: int
    members: list[int] | None
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime | None
    last_status: int | None
    reason: str | None
    finished_at: datetime | None
    again_for: int | None

    @property
    def sequences(self) -> Sequence[int]:
        """The numbers of its events, in order."""
        return self.members or range(self.first_sequence, self.last_sequence + 1)


class Pending(NamedTuple):
    """A delivery that is to be sent; its events are (sequence, subject), in order."""

    delivery_id: int
    events: Sequence[tuple[int, str]]
    attempts: int
    next_at: datetime | None


class Sent(NamedTuple):
    """An event as it is sent."""

    event_id: str
    body: bytes
    signature: str | None


class Tried(NamedTuple):
    """An attempt that was not taken; `next_at` is null where the delivery is given up."""

    delivery_id: int
    attempts: int
    status: int | None
    reason: str
    next_at: datetime | None


def add(
    conn: Connection,
    subscription_id: str,
    groups: Sequence[Sequence[int]],
    at: datetime,
    *,
    attempts: int = 0,
    next_at: datetime | None = None,
    again_for: int | None = None,
) -> range:
    """A pending delivery for each group of sequences, in order; gives their numbers.

    Args:
        conn: a write transaction.
        subscription_id: whose they are.
        groups: the sequences of each delivery, rising.
        at: the present.
        attempts: how many were made already.
        next_at: when the next one is due; null for at once.
        again_for: the delivery that they are sent again for.
    """
    last = counters.advance(conn, COUNTER, len(groups))
    found = range(last - len(groups) + 1, last + 1)
    shared = (subscription_id, "pending", attempts, at, next_at, again_for)
    rows = [(number, *_placed(group), *shared) for number, group in zip(found, groups, strict=True)]
    insert_rows(conn, DELIVERIES, _INSERTED, rows)
    return found


def _placed(group: Sequence[int]) -> tuple[int, int, int, Sequence[int] | None]:
    """First, last, how many, and the members where they are not all from first to last."""
    first, last, count = group[0], group[-1], len(group)
    return first, last, count, None if last - first + 1 == count else tuple(group)


def advance_position(conn: Connection, subscription_id: str, position: int) -> None:
    """Move where a subscription stands; `position_of` has locked it."""
    own = SUBSCRIPTIONS.c.subscription_id == subscription_id
    conn.execute(update(SUBSCRIPTIONS).where(own).values(position=position))


def position_of(conn: Connection, subscription_id: str) -> int | None:
    """Where an active subscription stands, locked until the transaction ends; null where it is not active."""
    query = select(SUBSCRIPTIONS.c.position).where(
        SUBSCRIPTIONS.c.subscription_id == subscription_id, SUBSCRIPTIONS.c.state == "active"
    )
    return conn.scalar(query.with_for_update())


def pending(conn: Connection, subscription_id: str, after: int = 0) -> list[Pending]:
    """The pending deliveries of a subscription numbered past `after`, in the order of their first events."""
    query = (
        select(*(DELIVERIES.c[name] for name in Delivery.__dataclass_fields__))
        .where(_PENDING, DELIVERIES.c.subscription_id == subscription_id, DELIVERIES.c.delivery_id > after)
        .order_by(DELIVERIES.c.first_sequence, DELIVERIES.c.delivery_id)
    )
    rows = [Delivery(*row) for row in conn.execute(query)]
    subjects = _subjects(conn, {sequence for row in rows for sequence in row.sequences})
    return [
        Pending(
            row.delivery_id,
            [(n, subjects.get(n, f"event {n}")) for n in row.sequences],
            row.attempts,
            row.next_at,
        )
        for row in rows
    ]


def sent_events(conn: Connection, sequences: Sequence[int]) -> dict[int, Sent]:
    """What is sent of each of these events."""
    columns = (EVENTS.c.sequence, EVENTS.c.event_id, EVENTS.c.body, EVENTS.c.signature)
    return {number: Sent(name, body, by) for number, name, body, by in _of_events(conn, columns, sequences)}


def arrays(conn: Connection, batches: Iterable[Sequence[int]]) -> list[bytes | None]:
    """The bytes of each batch's events with commas between; null where one of them is not kept any more."""
    if gives_rows_one_by_one(conn):
        return [_array(conn, numbers) for numbers in batches]
    listed = list(batches)
    bodies = dict(_of_events(conn, (EVENTS.c.sequence, EVENTS.c.body), [*chain.from_iterable(listed)]))
    return [
        b",".join([bodies[number] for number in numbers]) if bodies.keys() >= {*numbers} else None
        for numbers in listed
    ]


def _array(conn: Connection, numbers: Sequence[int]) -> bytes | None:
    first, last = numbers[0], numbers[-1]
    whole = last - first + 1 == len(numbers)
    values = {"first": first, "last": last} if whole else {"numbers": numbers}
    count, bodies = conn.execute(_joined(whole=whole), values).one()
    return bodies if count == len(numbers) else None


@lru_cache(maxsize=2)
def _joined(*, whole: bool) -> Select[int, bytes | None]:
    """How many of some events there are, and their bytes; of `first` to `last`, or of `numbers`."""
    number = EVENTS.c.sequence
    which = (
        number.between(bindparam("first"), bindparam("last"))
        if whole
        else number.in_(bindparam("numbers", expanding=True))
    )
    rows = select(number, EVENTS.c.body).where(which).order_by(number).subquery().c
    return select(func.count(), joined_bytes(rows.body))


def note_delivered(conn: Connection, delivery_ids: Sequence[int], status: int, at: datetime) -> None:
    """These were taken, each with one more attempt; what is not pending any more stays as it is."""
    values = {"state": "delivered", "attempts": DELIVERIES.c.attempts + 1, "last_status": status}
    values |= {"finished_at": at, "next_at": None, "reason": None}
    for which in _chunks(delivery_ids):
        own = update(DELIVERIES).where(_PENDING, DELIVERIES.c.delivery_id.in_(which))
        conn.execute(own.values(values))


def note_tried(conn: Connection, tried: Sequence[Tried], at: datetime) -> None:
    """These were not taken: they are tried again at their time, or are given up."""
    if not tried:
        return
    own = update(DELIVERIES).where(_PENDING, DELIVERIES.c.delivery_id == bindparam("own"))
    names = ("state", "attempts", "last_status", "reason", "next_at", "finished_at")
    conn.execute(
        own.values({name: bindparam(f"new_{name}") for name in names}),
        [
            {
                "own": each.delivery_id,
                "new_state": "pending" if each.next_at else "failed",
                "new_attempts": each.attempts,
                "new_last_status": each.status,
                "new_reason": each.reason,
                "new_next_at": each.next_at,
                "new_finished_at": None if each.next_at else at,
            }
            for each in tried
        ],
    )


def split(conn: Connection, batch: Tried, at: datetime) -> range:
    """Put a delivery for each event in the place of a pending batch, with its attempts; gives their numbers.

    Nothing is done, and no number given, where the batch is not pending any more.
    """
    query = select(*(DELIVERIES.c[name] for name in Delivery.__dataclass_fields__)).where(
        _PENDING, DELIVERIES.c.delivery_id == batch.delivery_id
    )
    row = conn.execute(query.with_for_update()).one_or_none()
    if row is None:
        return range(0)
    found = Delivery(*row)
    singles = [[sequence] for sequence in found.sequences]
    numbers = add(
        conn,
        found.subscription_id,
        singles,
        at,
        attempts=batch.attempts,
        next_at=batch.next_at,
        again_for=found.again_for,
    )
    reason = f"split into the single deliveries {numbers[0]} to {numbers[-1]}"
    ended = {"state": "canceled", "reason": reason, "finished_at": at, "next_at": None}
    ended |= {"attempts": batch.attempts, "last_status": batch.status}
    conn.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_id == found.delivery_id).values(ended))
    return numbers


def note_failing(conn: Connection, subscription_id: str, since: datetime | None) -> None:
    """Since when nothing of a subscription was taken; null as soon as something was."""
    own = SUBSCRIPTIONS.c.subscription_id == subscription_id
    changed = (
        SUBSCRIPTIONS.c.failing_since.is_not(None)
        if since is None
        else SUBSCRIPTIONS.c.failing_since.is_(None)
    )
    conn.execute(update(SUBSCRIPTIONS).where(own, changed).values(failing_since=since))


def _subjects(conn: Connection, sequences: Iterable[int]) -> dict[int, str]:
    return dict(_of_events(conn, (EVENTS.c.sequence, EVENTS.c.subject), sorted(sequences)))


def _of_events(
    conn: Connection, columns: Sequence[ColumnElement[Any]], sequences: Sequence[int]
) -> Iterator[Any]:
    """These columns of these events, as the driver gives them."""
    wanted = _which(EVENTS.c.sequence, sequences)
    return chain.from_iterable(driver_rows(conn, select(*columns).where(which)) for which in wanted)


def _which(column: ColumnElement[int], sequences: Sequence[int]) -> Iterator[ColumnElement[bool]]:
    """Conditions for these numbers, as a range where they are one."""
    if not sequences:
        return
    first, last = min(sequences), max(sequences)
    if last - first + 1 == len(sequences):
        yield column.between(first, last)
        return
    for chunk in _chunks(sequences):
        yield column.in_(chunk)


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + _A_STATEMENT] for start in range(0, len(numbers), _A_STATEMENT))
