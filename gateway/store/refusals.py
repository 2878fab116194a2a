"""Rows that could not be read: which rule they broke, never what stood in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.tables import REFUSALS, WINDOWS

Outcome = Literal["accepted", "otherwise", "superseded"]
"""How a refusal was settled: the same row was taken, it broke another rule, or a newer version was taken."""


@dataclass(frozen=True)
class Refused:
    """One refused row; `key_hash` is hex, `content` tells one version of the row from another.

    It was refused first at `received_at` in `window_id`, and for the last time at `again_at`, if ever again.
    """

    window_id: int
    dataset: str
    key_hash: str | None
    field: str | None
    rule: str
    received_at: datetime
    content: str
    again_at: datetime | None = None
    again_window_id: int | None = None
    settled_at: datetime | None = None
    settled_run_id: int | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True)
class RefusalGroup:
    """How many rows of a dataset broke the same rule in the same field, when first and when last.

    `settled` of them are settled; they are counted only where they are asked for.
    """

    dataset: str
    field: str | None
    rule: str
    count: int
    first: datetime
    newest: datetime
    settled: int = 0


@dataclass(frozen=True)
class Which:
    """Which refusals: all that are given have to fit; settled ones only `with_settled`.

    `key_hash` may be its beginning; `field` "" stands for refusals of a whole row.
    """

    dataset: str | None = None
    field: str | None = None
    rule: str | None = None
    key_hash: str | None = None
    with_settled: bool = False


@dataclass(frozen=True)
class RefusalWindow:
    """A window or file in which rows were refused, how many of them, and by which run it was read."""

    window_id: int
    run_id: int
    dataset: str
    since: datetime
    until: datetime
    period: str | None
    seq: int | None
    count: int


EVERY: Final = Which()
_NOTED: Final = ("window_id", "dataset", "key_hash", "field", "rule", "received_at", "content")


def add_refusals(conn: Connection, refusals: Sequence[Refused]) -> None:
    """Note refused rows; a row refused before in the same way is that refusal again, and open again."""
    if not refusals:
        return
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    adding = insert(REFUSALS)
    again = {"again_at": adding.excluded.received_at, "again_window_id": adding.excluded.window_id}
    opened = dict.fromkeys(("settled_at", "settled_run_id", "outcome"))
    unique = ["dataset", "key_hash", "field", "rule", "content"]
    conn.execute(
        adding.on_conflict_do_update(index_elements=unique, set_=again | opened),
        [_columns(each) for each in _once(refusals)],
    )


def list_refusals(conn: Connection, which: Which = EVERY, limit: int = 100) -> list[Refused]:
    """Refused rows, newest first."""
    query = (
        select(REFUSALS).order_by(REFUSALS.c.received_at.desc(), REFUSALS.c.refusal_id.desc()).limit(limit)
    )
    return [_refused(row) for row in conn.execute(_chosen(query, which))]


def group_refusals(conn: Connection, which: Which = EVERY) -> list[RefusalGroup]:
    """Refused rows counted by dataset, field and rule, the most frequent first."""
    by = (REFUSALS.c.dataset, REFUSALS.c.field, REFUSALS.c.rule)
    count = func.count().label("count")
    newest = func.max(
        func.coalesce(REFUSALS.c.again_at, REFUSALS.c.received_at, type_=REFUSALS.c.again_at.type)
    )
    spans = (func.min(REFUSALS.c.received_at), newest, func.count(REFUSALS.c.settled_at))
    query = select(*by, count, *spans).group_by(*by).order_by(count.desc(), *by)
    return [
        RefusalGroup(name, field or None, rule, number, first, last, settled)
        for name, field, rule, number, first, last, settled in conn.execute(_chosen(query, which))
    ]


def windows_of(conn: Connection, which: Which) -> list[RefusalWindow]:
    """The windows and files in which the rows were refused first, in the order they were opened."""
    names = ("window_id", "run_id", "dataset", "since", "until", "period", "seq")
    columns = [WINDOWS.c[name] for name in names]
    joined = REFUSALS.join(WINDOWS, WINDOWS.c.window_id == REFUSALS.c.window_id)
    query = select(*columns, func.count()).select_from(joined).group_by(*columns).order_by(columns[0])
    return [RefusalWindow(*row) for row in conn.execute(_chosen(query, which))]


def _chosen(query: Select[Any], which: Which) -> Select[Any]:
    return query.where(*conditions(which))


def conditions(which: Which) -> list[ColumnElement[bool]]:
    """The choice as SQL."""
    equal = {"dataset": which.dataset, "field": which.field, "rule": which.rule}
    found = [REFUSALS.c[name] == value for name, value in equal.items() if value is not None]
    if which.key_hash is not None:
        found.append(REFUSALS.c.key_hash.startswith(which.key_hash.lower(), autoescape=True))
    if not which.with_settled:
        found.append(REFUSALS.c.settled_at.is_(None))
    return found


def _once(refusals: Sequence[Refused]) -> list[Refused]:
    """Each once: PostgreSQL cannot update a row that the same statement has added."""
    return list({(r.dataset, r.key_hash, r.field, r.rule, r.content): r for r in refusals}.values())


def _columns(refusal: Refused) -> dict[str, Any]:
    noted = {name: getattr(refusal, name) for name in _NOTED}
    return noted | {"key_hash": refusal.key_hash or "", "field": refusal.field or ""}


def _refused(row: Row[Any]) -> Refused:
    columns = {name: getattr(row, name) for name in Refused.__dataclass_fields__}
    return Refused(**columns | {"key_hash": row.key_hash or None, "field": row.field or None})
