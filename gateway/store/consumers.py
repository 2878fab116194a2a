"""Named consumers: how far each has come, kept for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import NotFoundError
from gateway.store.feed import Reach
from gateway.store.spans import LAST_RELEASED, first_since, of_event
from gateway.store.tables import CONSUMERS, EVENT_SPANS

_WAITS_SINCE: Final = (
    select(of_event(EVENT_SPANS.c.released_at, CONSUMERS.c.acked + 1))
    .where(CONSUMERS.c.acked < LAST_RELEASED)
    .correlate(CONSUMERS)
    .scalar_subquery()
)


@dataclass(frozen=True)
class Consumer:
    """How far a consumer has come: `lag` counts the released events behind `acked`, its filter unknown.

    `owner` is the token that made it, null where it was made on this machine.
    """

    name: str
    owner: str | None
    acked: int
    acked_at: datetime | None
    created_at: datetime
    lag: int
    oldest_unacked_at: datetime | None


def consumers(conn: Connection, owner: str | None = None) -> list[Consumer]:
    """The consumers of an owner by name; null is the operator, who sees them all."""
    return [Consumer(**row._asdict()) for row in conn.execute(_listed(_of(owner)).order_by(CONSUMERS.c.name))]


def consumer(conn: Connection, name: str, owner: str | None = None) -> Consumer:
    """One consumer.

    Raises:
        NotFoundError: there is none of this name, or it is somebody else's.
    """
    row = conn.execute(_listed(CONSUMERS.c.name == name, _of(owner))).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no consumer {name!r}: PUT /v1/consumers/{name} makes it")
    return Consumer(**row._asdict())


def create(conn: Connection, name: str, owner: str | None, acked: int, at: datetime) -> bool:
    """Make a consumer that begins behind `acked`; false when the name is taken, by whomever."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    new = insert(CONSUMERS).values(name=name, owner=owner, acked=acked, created_at=at)
    return conn.scalar(new.on_conflict_do_nothing().returning(CONSUMERS.c.name)) is not None


def remove(conn: Connection, name: str, owner: str | None = None) -> bool:
    """Forget a consumer; false when there is none."""
    return conn.execute(delete(CONSUMERS).where(CONSUMERS.c.name == name, _of(owner))).rowcount == 1


def ack(conn: Connection, name: str, owner: str | None, sequence: int, at: datetime) -> bool:
    """Note that everything up to here was handled; false when more was handled already."""
    forward = update(CONSUMERS).where(CONSUMERS.c.name == name, _of(owner), CONSUMERS.c.acked < sequence)
    return conn.execute(forward.values(acked=sequence, acked_at=at)).rowcount == 1


def seek(conn: Connection, name: str, owner: str | None, sequence: int, at: datetime) -> bool:
    """Put a consumer behind any event, earlier or later; false when there is no such consumer."""
    placed = update(CONSUMERS).where(CONSUMERS.c.name == name, _of(owner))
    return conn.execute(placed.values(acked=sequence, acked_at=at)).rowcount == 1


def before(conn: Connection, at: datetime, reach: Reach) -> int:
    """The number behind which everything is that was let out at this instant or later."""
    first = first_since(conn, at)
    return reach.last if first is None else min(first - 1, reach.last)


def _of(owner: str | None) -> ColumnElement[bool]:
    return true() if owner is None else CONSUMERS.c.owner == owner


def _listed(*where: ColumnElement[bool]) -> Any:
    lag = (LAST_RELEASED - CONSUMERS.c.acked).label("lag")
    return select(CONSUMERS, lag, _WAITS_SINCE.label("oldest_unacked_at")).where(*where)
