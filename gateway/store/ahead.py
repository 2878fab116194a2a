"""What lies ahead of a subscription: released events, as little of each as tells whether it is wanted.

Whoever is told of one county in a hundred looks at all events all the same; so the database leaves the others
out, and what is not told is not read.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, select

from gateway.store.bulk import driver_rows
from gateway.store.joining import gives_rows_one_by_one
from gateway.store.outbox import last_released
from gateway.store.tables import EVENTS

SCANNED: Final = 50_000
"""One look goes no further than so many events, whatever it leaves out."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Ahead(Generic[Row]):
    """What one look found, in order, and up to which event it looked; where it began, if there is nothing."""

    rows: Sequence[Row]
    to: int


class Seen(NamedTuple):
    """An event as filters see it; `time` is naive Asia/Shanghai."""

    sequence: int
    event_id: str
    type: str
    subject: str
    time: datetime
    body: bytes


_SUBJECTS: Final = (EVENTS.c.sequence, EVENTS.c.subject)
_SEEN: Final = tuple(EVENTS.c[name] for name in Seen._fields)


def subjects_ahead(
    conn: Connection, position: int, limit: int, counties: Collection[str] | None = None
) -> Ahead[tuple[int, str]]:
    """Sequence and subject of the events behind a position, never past a held one; of some counties only."""
    to = _end(conn, position)
    found = _subjects(conn, _between(_SUBJECTS, position, to, limit, counties))
    return Ahead(found, found[-1][0] if len(found) == limit else to)


def _subjects(conn: Connection, query: Select[Any]) -> Sequence[tuple[int, str]]:
    if not gives_rows_one_by_one(conn):
        return driver_rows(conn, query)
    rows = query.subquery().c
    found = select(*(func.json_group_array(column) for column in (rows.sequence, rows.subject)))
    return list(zip(*map(json.loads, conn.execute(found).one()), strict=True))


def seen_ahead(
    conn: Connection, position: int, limit: int, counties: Collection[str] | None = None
) -> Ahead[Seen]:
    """The events behind a position as filters see them, as `subjects_ahead`."""
    to = _end(conn, position)
    found = [Seen(*row) for row in conn.execute(_between(_SEEN, position, to, limit, counties))]
    return Ahead(found, found[-1].sequence if len(found) == limit else to)


def _end(conn: Connection, position: int) -> int:
    return max(position, min(last_released(conn), position + SCANNED))


def _between(
    columns: Sequence[ColumnElement[Any]],
    position: int,
    to: int,
    limit: int,
    counties: Collection[str] | None,
) -> Select[Any]:
    query = select(*columns).where(EVENTS.c.sequence > position, EVENTS.c.sequence <= to)
    if counties is not None:
        query = query.where(EVENTS.c.county.in_(counties))
    return query.order_by(EVENTS.c.sequence).limit(limit)
