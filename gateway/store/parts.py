"""Which Parquet files count: a part is live from the commit that adds it to the commit that retires it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, or_, select, update

from gateway.errors import StoreError
from gateway.store.chunks import chunks
from gateway.store.tables import PARTS

BUCKETS: Final = 16
"""Persons are spread over this many buckets by `person % BUCKETS`; one bucket is decided at a time."""

NO_BUCKET: Final = -1
"""The bucket of a part that belongs to no single bucket of persons."""

_REPLACED: Final = "another process has replaced this evidence in the meantime: run again"


@dataclass(frozen=True)
class Part:
    """One immutable file; `path` is relative to the evidence folder.

    A part that was put together from others has `compacted_at`; its `run_id` and `created_at` are those of
    the newest of them, so that nothing in it passes for having just arrived.
    """

    part_id: str
    stage: str
    dataset: str | None
    bucket: int
    path: str
    rows: int
    run_id: int | None
    created_at: datetime
    compacted_at: datetime | None = None


_COLUMNS: Final = [PARTS.c[name] for name in Part.__dataclass_fields__]


def add_parts(conn: Connection, parts: Sequence[Part]) -> None:
    """Make the parts count, once this transaction commits."""
    if parts:
        conn.execute(insert(PARTS), [vars(part) for part in parts])


def retire_parts(conn: Connection, part_ids: Sequence[str], at: datetime) -> None:
    """Make the parts stop counting.

    Raises:
        StoreError: one of them no longer counted, so another process has been at work here.
    """
    for some in chunks(part_ids):
        query = update(PARTS).where(PARTS.c.part_id.in_(some), PARTS.c.retired_at.is_(None))
        if conn.execute(query.values(retired_at=at)).rowcount != len(some):
            raise StoreError(_REPLACED)


def restage_part(conn: Connection, part_id: str, stage: str) -> None:
    """Let a part that counts count for another stage; its file stays where it is.

    Raises:
        StoreError: it no longer counts, so another process has been at work here.
    """
    query = update(PARTS).where(PARTS.c.part_id == part_id, PARTS.c.retired_at.is_(None))
    if conn.execute(query.values(stage=stage)).rowcount != 1:
        raise StoreError(_REPLACED)


def live_parts(
    conn: Connection, stage: str, bucket: int | None = None, dataset: str | None = None
) -> list[Part]:
    """The parts of a stage that count, oldest first; of one bucket or one dataset if given."""
    query = select(*_COLUMNS).where(PARTS.c.stage == stage, PARTS.c.retired_at.is_(None))
    if bucket is not None:
        query = query.where(PARTS.c.bucket == bucket)
    if dataset is not None:
        query = query.where(PARTS.c.dataset == dataset)
    return [
        Part(**row._asdict()) for row in conn.execute(query.order_by(PARTS.c.created_at, PARTS.c.part_id))
    ]


def known_paths(conn: Connection, retired_after: datetime | None = None) -> set[str]:
    """The paths a sweep must spare: those of every part, or of the live and the recently retired ones."""
    query = select(PARTS.c.path)
    if retired_after is not None:
        query = query.where(or_(PARTS.c.retired_at.is_(None), PARTS.c.retired_at > retired_after))
    return set(conn.scalars(query))
