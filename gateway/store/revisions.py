"""Decisions made out of turn: newer than their bucket's decided part, until the next run takes them in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from gateway.store.chunks import chunks
from gateway.store.tables import REVISIONS


@dataclass(frozen=True)
class Revision:
    """A benefit's row of the decided part as it is now; its days are ISO texts."""

    revision_id: int
    benefit_id: str
    bucket: int
    state: dict[str, Any] = field(repr=False)


_COLUMNS: Final = [REVISIONS.c[name] for name in Revision.__dataclass_fields__]


def revisions_of(conn: Connection, bucket: int) -> list[Revision]:
    """The revisions of a bucket, oldest first; at most one a benefit."""
    query = select(*_COLUMNS).where(REVISIONS.c.bucket == bucket).order_by(REVISIONS.c.revision_id)
    return [Revision(**row._asdict()) for row in conn.execute(query)]


def revision_of(conn: Connection, benefit_id: str) -> Revision | None:
    """The revision of a benefit, if it has one."""
    row = conn.execute(select(*_COLUMNS).where(REVISIONS.c.benefit_id == benefit_id)).one_or_none()
    return None if row is None else Revision(**row._asdict())


def put_revision(conn: Connection, benefit_id: str, bucket: int, state: dict[str, Any], at: datetime) -> None:
    """Make this the benefit's newest decision; an older revision of it is gone, and so is its number."""
    conn.execute(delete(REVISIONS).where(REVISIONS.c.benefit_id == benefit_id))
    values = {"benefit_id": benefit_id, "bucket": bucket, "state": state, "created_at": at}
    conn.execute(insert(REVISIONS).values(**values))


def drop_revisions(conn: Connection, revision_ids: Sequence[int]) -> None:
    """Forget revisions that a decided part has taken in; a newer one of the same benefit stays."""
    for some in chunks(revision_ids):
        conn.execute(delete(REVISIONS).where(REVISIONS.c.revision_id.in_(some)))
