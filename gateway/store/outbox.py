"""The outbox: events numbered without gaps, kept as the very bytes every channel sends."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Select, func, select

from gateway.store import counters
from gateway.store.bulk import insert_rows
from gateway.store.spans import (
    EVENT_COUNTER,
    LAST_RELEASED,
    NUMBERED,
    add_span,
    of_event,
)
from gateway.store.tables import EVENT_SPANS, EVENTS

_A_WRITE: Final = 2000
_AHEAD: Final = 8
"""So many writes of events may be with whoever signs: as much as a process can do meanwhile."""

_COLUMNS: Final = (
    "sequence",
    "event_id",
    "type",
    "subject",
    "county",
    "time",
    "replaces",
    "body",
    "signature",
)

_values: Final = attrgetter("event_id", "type", "subject", "county", "time", "replaces")


class NewEvent(Protocol):
    """An event that has no number yet; `serialise` makes its bytes once it has one."""

    @property
    def event_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def county(self) -> str | None: ...
    @property
    def time(self) -> datetime: ...
    @property
    def replaces(self) -> str | None: ...
    def serialise(self, sequence: int, /) -> bytes: ...


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
    signature: str | None = field(default=None, repr=False)


_OF_SPAN: Final = (EVENT_SPANS.c.run_id, EVENT_SPANS.c.released_at)
_STORED: Final = select(
    *(each for each in EVENTS.c), *(of_event(each, EVENTS.c.sequence).label(each.name) for each in _OF_SPAN)
).order_by(EVENTS.c.sequence)

Sign = Callable[[Sequence[bytes]], Callable[[], Sequence[str | None]]]
"""Begins to sign bodies, and gives what waits for their detached signatures, in order."""


def unsigned(bodies: Sequence[bytes]) -> Callable[[], list[None]]:
    """No signature for any of them."""
    return lambda: [None] * len(bodies)


@dataclass(frozen=True)
class _Signing:
    """Numbered events of which the signatures may not be there yet."""

    numbers: range
    events: list[NewEvent] = field(repr=False)
    bodies: list[bytes] = field(repr=False)
    signatures: Callable[[], Sequence[str | None]] = field(repr=False)

    def rows(self) -> list[tuple[Any, ...]]:
        """What is kept of each; waits for its signature."""
        made = zip(self.numbers, map(_values, self.events), self.bodies, self.signatures(), strict=True)
        return [(number, *values, body, signature) for number, values, body, signature in made]


class Appending:
    """Numbers events and has them signed; each is written while those behind it are being signed."""

    def __init__(self, conn: Connection, sign: Sign) -> None:
        self._conn = conn
        self._sign = sign
        self._under: deque[_Signing] = deque()
        self.first = self.last = hold_numbers(conn)

    def add(self, events: Iterable[NewEvent]) -> None:
        """Take events after those before; of a generator they need not all be there at once."""
        left = iter(events)
        while some := list(islice(left, _A_WRITE)):
            numbers = range(self.last + 1, self.last + len(some) + 1)
            bodies = list(map(_serialised, some, numbers))
            self._under.append(_Signing(numbers, some, bodies, self._sign(bodies)))
            self.last += len(some)
            self.write(_AHEAD)

    def write(self, but: int = 0) -> None:
        """Write what waits, but for so many of the last ones taken."""
        while len(self._under) > but:
            insert_rows(self._conn, EVENTS, _COLUMNS, self._under.popleft().rows())


@contextmanager
def appending(conn: Connection, run_id: int, sign: Sign = unsigned) -> Iterator[Appending]:
    """Events of a run, numbered as they are added; all are written when this ends, and held until released.

    A second writer waits for this transaction, so numbers are committed in order and without gaps.
    """
    outbox = Appending(conn, sign)
    yield outbox
    outbox.write()
    if outbox.last > outbox.first:
        counters.advance(conn, EVENT_COUNTER, outbox.last - outbox.first)
        add_span(conn, run_id, outbox.first + 1, outbox.last)


def append_events(conn: Connection, run_id: int, events: Iterable[NewEvent], sign: Sign = unsigned) -> int:
    """Number the events, keep their bytes and signatures, and give the last number; see `appending`."""
    with appending(conn, run_id, sign) as outbox:
        outbox.add(events)
    return outbox.last


def hold_numbers(conn: Connection) -> int:
    """Wait for whoever numbers events, let nobody else until this transaction ends, and give the last number.

    What is looked at from here on still stands when this transaction commits, as far as it goes with events.
    """
    return counters.advance(conn, EVENT_COUNTER, 0)


def events_after(
    conn: Connection, sequence: int, limit: int, types: Collection[str] | None = None
) -> list[StoredEvent]:
    """Released events after a cursor, in order, never past one that is still held.

    Passing a held one would move the reader's cursor over it, and it would be lost when it comes out.
    """
    query = _STORED.where(EVENTS.c.sequence > sequence, EVENTS.c.sequence <= last_released(conn))
    if types is not None:
        query = query.where(EVENTS.c.type.in_(types))
    return _stored(conn, query.limit(limit))


def last_released(conn: Connection) -> int:
    """The number up to which every event is let out; it never goes back.

    One statement sees one moment: in two, an event could be numbered between them and be passed while held.
    """
    return conn.scalar(select(LAST_RELEASED)) or 0


def last_sequence(conn: Connection) -> int:
    """The number of the last event there ever was, released or held; 0 when there was none.

    The last one itself may have been removed: the counter still knows it.
    """
    return conn.scalar(select(func.coalesce(func.max(EVENTS.c.sequence), NUMBERED, 0))) or 0


def events_about(conn: Connection, benefit_id: str) -> list[StoredEvent]:
    """Every event of one benefit in order, held ones included."""
    return _stored(conn, _STORED.where(EVENTS.c.subject == benefit_id))


def _stored(conn: Connection, query: Select[Any]) -> list[StoredEvent]:
    return [StoredEvent(**row._asdict()) for row in conn.execute(query)]


def _serialised(event: NewEvent, sequence: int) -> bytes:
    return event.serialise(sequence)
