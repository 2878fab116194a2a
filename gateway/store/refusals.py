"""Rows that could not be read: which rule they broke, never what stood in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.tables import REFUSALS


@dataclass(frozen=True)
class Refused:
    """One refused row; `key_hash` is hex, `content` tells one version of the row from another."""

    window_id: int
    dataset: str
    key_hash: str | None
    field: str | None
    rule: str
    received_at: datetime
    content: str


@dataclass(frozen=True)
class RefusalGroup:
    """How many rows of a dataset broke the same rule in the same field, and when last."""

    dataset: str
    field: str | None
    rule: str
    count: int
    newest: datetime


def add_refusals(conn: Connection, refusals: Sequence[Refused]) -> None:
    """Note refused rows; a row refused before in the same way is not noted again."""
    if not refusals:
        return
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(REFUSALS).on_conflict_do_nothing(), [_columns(each) for each in refusals])


def list_refusals(conn: Connection, dataset: str | None = None, limit: int = 100) -> list[Refused]:
    """Refused rows, newest first."""
    query = (
        select(REFUSALS).order_by(REFUSALS.c.received_at.desc(), REFUSALS.c.refusal_id.desc()).limit(limit)
    )
    if dataset is not None:
        query = query.where(REFUSALS.c.dataset == dataset)
    return [_refused(row) for row in conn.execute(query)]


def group_refusals(conn: Connection, dataset: str | None = None) -> list[RefusalGroup]:
    """Refused rows counted by dataset, field and rule, the most frequent first."""
    by = (REFUSALS.c.dataset, REFUSALS.c.field, REFUSALS.c.rule)
    count = func.count().label("count")
    query = select(*by, count, func.max(REFUSALS.c.received_at)).group_by(*by).order_by(count.desc(), *by)
    if dataset is not None:
        query = query.where(REFUSALS.c.dataset == dataset)
    return [
        RefusalGroup(name, field or None, rule, number, newest)
        for name, field, rule, number, newest in conn.execute(query)
    ]


def _columns(refusal: Refused) -> dict[str, Any]:
    return vars(refusal) | {"key_hash": refusal.key_hash or "", "field": refusal.field or ""}


def _refused(row: Row[Any]) -> Refused:
    columns = {name: getattr(row, name) for name in Refused.__dataclass_fields__}
    return Refused(**columns | {"key_hash": row.key_hash or None, "field": row.field or None})
