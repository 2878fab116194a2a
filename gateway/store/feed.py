"""What readers of the feed are given: released events in order, a bounded part of the table at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from gateway.store.bulk import driver_rows
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

    types: Sequence[str] | None = None
    counties: Sequence[str] | None = None


@dataclass(frozen=True)
class Read:
    """What one look found: `(sequence, type, body, signature)` in order, and up to where it looked."""

    events: Sequence[tuple[int, str, bytes, str | None]] = field(repr=False)
    looked_to: int
    reach: Reach

    @property
    def more(self) -> bool:
        """Whether there is more to look at behind it now."""
        return self.looked_to < self.reach.last


def reach(conn: Connection) -> Reach:
    """How far the feed reaches now; both numbers are of one moment."""
    return Reach(*conn.execute(_REACH).one())


def read_after(conn: Connection, after: int | None, limit: int, wanted: Wanted) -> Read:
    """The wanted events behind a number, or the earliest there are, looking at no more than SCANNED.

    What was looked at and not wanted is behind the reader too. Nothing is read where `after` is out of reach.
    """
    now = reach(conn)
    after = now.earliest if after is None else after
    to = min(after + SCANNED, now.last)
    if not now.earliest <= after < to:
        return Read((), after, now)
    found = _found(conn, after, to, limit, wanted)
    # what retention removed in between was not found, and must not be passed in silence
    still = Reach(reach(conn).earliest, now.last)
    return Read(found, found[-1][0] if len(found) == limit else to, still)


def _found(conn: Connection, after: int, to: int, limit: int, wanted: Wanted) -> Sequence[Any]:
    query = select(*_COLUMNS).where(EVENTS.c.sequence > after, EVENTS.c.sequence <= to, *_narrowed(wanted))
    return driver_rows(conn, query.order_by(EVENTS.c.sequence).limit(limit))


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


def released_event(conn: Connection, event_id: str, counties: Sequence[str] | None = None) -> Single | None:
    """The event of this id, if it is let out and of one of the counties."""
    query = select(EVENTS.c.body, EVENTS.c.signature).where(
        EVENTS.c.event_id == event_id,
        of_event(EVENT_SPANS.c.released_at, EVENTS.c.sequence).is_not(None),
        *_narrowed(Wanted(counties=counties)),
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Single(*row)
