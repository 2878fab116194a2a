"""A place in the feed, said in one of several ways; and a consumer put there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.clock import local
from gateway.errors import RequestError
from gateway.store import audit, consumers
from gateway.store.consumers import Consumer
from gateway.store.feed import Reach, reach

EARLIEST: Final = "earliest"
NOW: Final = "now"

Opened = Callable[[str], int]
"""Gives the number of the event that a cursor stands behind.

Raises:
    RequestError: it is no cursor of this gateway.
"""


class NotKeptError(RequestError):
    """What follows that place was removed after its retention: begin at the earliest one there is.

    `earliest` is the number behind which reading can begin.
    """

    def __init__(self, earliest: int, *, field: str) -> None:
        super().__init__(
            f"what follows was removed after its retention: the feed begins with event {earliest + 1}",
            field=field,
        )
        self.earliest = earliest


@dataclass(frozen=True)
class Sought:
    """Where to go on, said in one way.

    `to` is a cursor, `earliest` or `now`; `at` an instant, from which on what was released is read again;
    `sequence` the number of the event that is read next.

    Raises:
        RequestError: it is said in no way, or in several.
    """

    to: str | None = None
    at: datetime | None = None
    sequence: int | None = None

    def __post_init__(self) -> None:
        if [self.to, self.at, self.sequence].count(None) != 2:  # noqa: PLR2004 - all but one
            raise RequestError("name one of to, at and sequence")


def place_of(conn: Connection, sought: Sought, opened: Opened) -> int:
    """The number of the event behind which that place is.

    Raises:
        NotKeptError, RequestError: the feed does not reach there, or `to` is no cursor.
    """
    now = reach(conn)
    if sought.at is not None:
        return consumers.before(conn, local(sought.at), now)
    if sought.to is None:
        return in_reach((sought.sequence or 1) - 1, now, "sequence")
    return named_place(sought.to, now, opened, "to")


def named_place(text: str, now: Reach, opened: Opened, field: str) -> int:
    """The number of the event behind which that place is: a cursor, `earliest` or `now`.

    Raises:
        NotKeptError, RequestError: the feed does not reach there, or it is no cursor.
    """
    words = {EARLIEST: now.earliest, NOW: now.last}
    if text in words:
        return words[text]
    try:
        place = opened(text)
    except RequestError:
        raise RequestError("is no cursor of this gateway, nor earliest or now", field=field) from None
    return in_reach(place, now, field)


def opened_cursor(text: str, opened: Opened, field: str) -> int:
    """The number of the event that a cursor stands behind; a fault is told of `field`.

    Raises:
        RequestError: it is no cursor of this gateway.
    """
    try:
        return opened(text)
    except RequestError:
        raise RequestError("is no cursor of this gateway: send back one that it gave", field=field) from None


def in_reach(place: int, now: Reach, field: str) -> int:
    """The place as it is given, where the feed reaches it.

    Raises:
        NotKeptError: what follows it was removed.
        RequestError: it is ahead of everything that was released.
    """
    if place < now.earliest:
        raise NotKeptError(now.earliest, field=field)
    if place > now.last:
        why = "is ahead of everything released: was the store restored from an older copy? Begin anew"
        raise RequestError(why, field=field)
    return place


def seek(conn: Connection, found: Consumer, place: int, at: datetime, by: str) -> None:
    """Put a consumer elsewhere, and write down who did.

    Args:
        conn: a write transaction.
        found: the consumer as it stands.
        place: the number of the event behind which it goes on.
        at: the present, naive Asia/Shanghai.
        by: who asks, as the audit names them.
    """
    consumers.seek(conn, found.name, found.owner, place, at)
    moved = {"from": found.acked, "to": place}
    audit.append(conn, at, by, "consumer.sought", found.name, moved)
