"""What readers of the feed are given: released events in order, a bounded part of the table at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, String, bindparam, func, literal_column, or_, select

from gateway.store.bulk import driver_rows
from gateway.store.joining import gives_rows_one_by_one, joined, joined_bytes
from gateway.store.spans import LAST_RELEASED, NUMBERED, of_event
from gateway.store.tables import EVENT_SPANS, EVENTS

SCANNED: Final = 50_000
"""One read looks at so many events at most, whatever it leaves out."""

_BEFORE_FIRST: Final = select(func.min(EVENTS.c.sequence) - 1).scalar_subquery()
_REACH: Final = select(
    func.coalesce(_BEFORE_FIRST, NUMBERED, 0).label("earliest"), LAST_RELEASED.label("last")
)

_COLUMNS: Final = (EVENTS.c.sequence, EVENTS.c.type, EVENTS.c.body, EVENTS.c.signature)


@dataclass(frozen=True)
class Reach:
    """How far the feed reaches, as numbers of events that a cursor may stand behind.

    `earliest` is behind what was removed, `last` behind what is released.
    """

    earliest: int
    last: int


@dataclass(frozen=True)
class Wanted:
    """Which events: null does not narrow. A type is written with its prefix or without."""

    types: tuple[str, ...] | None = None
    counties: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Look:
    """Up to where a look went, and how far the feed reached then."""

    looked_to: int
    reach: Reach

    @property
    def more(self) -> bool:
        """Whether there is more to look at behind it now."""
        return self.looked_to < self.reach.last


@dataclass(frozen=True)
class Read(Look):
    """What one look found: `(sequence, type, body, signature)` in order."""

    events: Sequence[tuple[int, str, bytes, str | None]] = field(default=(), repr=False)


@dataclass(frozen=True)
class PagePart(Look):
    """What one look found, as it is written: bytes of the events, and signatures as JSON, commas between."""

    count: int = 0
    bodies: bytes = field(default=b"", repr=False)
    signatures: str = field(default="", repr=False)


def reach(conn: Connection) -> Reach:
    """How far the feed reaches now; both numbers are of one moment."""
    return Reach(*conn.execute(_REACH).one())


def read_after(conn: Connection, after: int | None, limit: int, wanted: Wanted) -> Read:
    """The wanted events behind a number, or the earliest there are, looking at no more than SCANNED.

    What was looked at and not wanted is behind the reader too. Nothing is read where `after` is out of reach.
    """
    after, to, now = _within(conn, after)
    if to is None:
        return Read(after, now)
    found = driver_rows(conn, _rows(wanted), {"after": after, "to": to, "limit": limit})
    return Read(found[-1][0] if len(found) == limit else to, _still(conn, now), found)


def part_after(conn: Connection, after: int | None, limit: int, wanted: Wanted) -> PagePart:
    """As `read_after`, put together; by the database where readers would wait for each other at each row."""
    if not gives_rows_one_by_one(conn):
        return _put_together(read_after(conn, after, limit, wanted))
    after, to, now = _within(conn, after)
    if to is None:
        return PagePart(after, now)
    some = {"after": after, "to": to, "limit": limit}
    count, last, bodies, signatures = conn.execute(_part(wanted), some).one()
    still = _still(conn, now)
    return PagePart(last if count == limit else to, still, count, bodies or b"", signatures or "")


def _put_together(read: Read) -> PagePart:
    bodies = b",".join([body for _, _, body, _ in read.events])
    signatures = ",".join(["null" if each is None else f'"{each}"' for *_, each in read.events])
    return PagePart(read.looked_to, read.reach, len(read.events), bodies, signatures)


def _within(conn: Connection, after: int | None) -> tuple[int, int | None, Reach]:
    """Where a look begins and ends, and how far the feed reaches; no end where nothing is to be looked at."""
    now = reach(conn)
    begin = now.earliest if after is None else after
    to = min(begin + SCANNED, now.last)
    return begin, to if now.earliest <= begin < to else None, now


def _still(conn: Connection, now: Reach) -> Reach:
    """What retention removed in between was not found, and must not be passed in silence."""
    return Reach(reach(conn).earliest, now.last)


@lru_cache(maxsize=64)
def _rows(wanted: Wanted) -> Select[Any]:
    """To make and to look up a statement takes SQLAlchemy as long as the rows of a hundred events."""
    within = EVENTS.c.sequence > bindparam("after"), EVENTS.c.sequence <= bindparam("to")
    ordered = select(*_COLUMNS).where(*within, *_narrowed(wanted)).order_by(EVENTS.c.sequence)
    return ordered.limit(bindparam("limit"))


@lru_cache(maxsize=64)
def _part(wanted: Wanted) -> Select[Any]:
    rows = _rows(wanted).subquery().c
    quote = literal_column("'\"'", String)
    signatures = func.coalesce(quote + rows.signature + quote, "null")
    together = joined_bytes(rows.body), joined(signatures)
    return select(func.count(), func.max(rows.sequence), *together)


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wanted.types is not None:
        suffixes = [EVENTS.c.type.endswith(f".{name}", autoescape=True) for name in wanted.types]
        clauses.append(or_(EVENTS.c.type.in_(wanted.types), *suffixes))
    if wanted.counties is not None:
        clauses.append(EVENTS.c.county.in_(wanted.counties))
    return clauses


@dataclass(frozen=True)
class Single:
    """One released event as it is sent."""

    body: bytes = field(repr=False)
    signature: str | None = field(repr=False)


def released_event(conn: Connection, event_id: str, counties: Iterable[str] | None = None) -> Single | None:
    """The event of this id, if it is let out and of one of the counties."""
    query = select(EVENTS.c.body, EVENTS.c.signature).where(
        EVENTS.c.event_id == event_id,
        of_event(EVENT_SPANS.c.released_at, EVENTS.c.sequence).is_not(None),
        *_narrowed(Wanted(counties=None if counties is None else tuple(counties))),
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Single(*row)
