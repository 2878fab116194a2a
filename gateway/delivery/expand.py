"""From events to deliveries: what a subscription is told of, written down before anything is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.delivery.wanted import Wanted
from gateway.store import counters, deliveries
from gateway.store.ahead import Ahead, seen_ahead, subjects_ahead
from gateway.store.deliveries import Pending

AT_A_TIME: Final = 2000
AT_A_TIME_IN_BATCHES: Final = 10_000
"""Events that are looked at in one transaction, so that other writers need not wait for long."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """New deliveries; `position` is up to where events were looked at, `known` the last delivery there is."""

    added: Sequence[Pending]
    position: int
    known: int


def expand(
    conn: Connection, subscription_id: str, wanted: Wanted, batch_size: int, known: int, at: datetime
) -> Expanded | None:
    """Look at the next events, and write a delivery for each that is wanted, or for each batch of them.

    The deliveries and where the subscription stands are one commit. Deliveries that somebody else added past
    `known` are given as well. Null where the subscription is not active any more.
    """
    position = deliveries.position_of(conn, subscription_id)
    if position is None:
        return None
    newest = counters.value(conn, deliveries.COUNTER)
    others = deliveries.pending(conn, subscription_id, known) if newest > known else []
    limit = AT_A_TIME if batch_size == 1 else AT_A_TIME_IN_BATCHES
    events = _wanted_ahead(conn, position, wanted, limit)
    if events.to == position:
        return Expanded(others, position, max(known, newest))
    groups = list(_groups(events.rows, batch_size))
    numbers = deliveries.add(conn, subscription_id, [[n for n, _ in group] for group in groups], at)
    deliveries.advance_position(conn, subscription_id, events.to)
    own = [Pending(number, group, 0, None) for number, group in zip(numbers, groups, strict=True)]
    return Expanded([*others, *own], events.to, max(known, newest, numbers.stop - 1))


def _wanted_ahead(conn: Connection, position: int, wanted: Wanted, limit: int) -> Ahead[tuple[int, str]]:
    if not wanted.filters:
        return subjects_ahead(conn, position, limit, wanted.counties)
    seen = seen_ahead(conn, position, limit, wanted.counties)
    return Ahead([(event.sequence, event.subject) for event in seen.rows if wanted.passes(event)], seen.to)


def _groups(events: Sequence[tuple[int, str]], size: int) -> Iterator[Sequence[tuple[int, str]]]:
    return (events[start : start + size] for start in range(0, len(events), size))
