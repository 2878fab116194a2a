"""Decisions: the last one of a benefit stands, and every one before it is kept."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Select, func, select

from gateway.store.bulk import insert_rows
from gateway.store.packing import pack, unpack
from gateway.store.tables import DECISIONS


class NewDecision(Protocol):
    """A decision to be kept; its `body` is the JSON of a `Decision`'s."""

    @property
    def benefit_id(self) -> str: ...
    @property
    def person_no(self) -> str: ...
    @property
    def decision(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def confidence(self) -> str | None: ...
    @property
    def certified_on(self) -> date | None: ...
    @property
    def valid_until(self) -> date | None: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True)
class ByRun:
    """What all decisions of a run have in common."""

    run_id: int
    as_of: date
    decided_at: datetime


@dataclass(frozen=True)
class Decision(ByRun):
    """What was decided about one benefit; `body` holds causes, holds, evidence references and clauses."""

    benefit_id: str
    person_no: str
    decision: str
    reason: str | None
    confidence: str | None
    certified_on: date | None
    valid_until: date | None
    body: dict[str, Any] = field(repr=False)


_SHARED: Final = tuple(ByRun.__dataclass_fields__)
_NAMES: Final = tuple(Decision.__dataclass_fields__)
_OWN: Final = _NAMES[len(_SHARED) : -1]
_COLUMNS: Final = [DECISIONS.c[name] for name in (*_NAMES, "packed")]
_WRITTEN: Final = ("month", *_SHARED, *_OWN, "body", "packed")
_NO_BODY: Final = "null"
_OF_NO_MONTH: Final = 0
_FIRST_MONTH: Final = select(func.min(DECISIONS.c.month)).where(DECISIONS.c.month > _OF_NO_MONTH)
_LAST_MONTH: Final = select(func.max(DECISIONS.c.month))
# one by one: where both are asked of the table at once, SQLite goes through the whole index
_MONTHS: Final = select(_FIRST_MONTH.scalar_subquery(), _LAST_MONTH.scalar_subquery())
_MONTHS_A_YEAR: Final = 12
_values: Final = attrgetter(*_OWN)


def advance(conn: Connection, run: ByRun, rows: Sequence[NewDecision]) -> None:
    """Make these the decisions that stand; at most one per benefit."""
    shared = (_month(run.as_of), *attrgetter(*_SHARED)(run))
    packed = pack(conn, run.run_id, (row.body for row in rows))
    own = zip(map(_values, rows), packed, strict=True)
    insert_rows(conn, DECISIONS, _WRITTEN, [(*shared, *said, _NO_BODY, body) for said, body in own])


def current(conn: Connection, benefit_id: str) -> Decision | None:
    """The decision that stands."""
    return next(_read(conn, _of(conn, benefit_id).limit(1)), None)


def history(conn: Connection, benefit_id: str) -> list[Decision]:
    """Every decision of a benefit, newest first."""
    return list(_read(conn, _of(conn, benefit_id)))


def _read(conn: Connection, query: Select[Any]) -> Iterator[Decision]:
    """Decisions with what was packed of them; those of an older store have their bodies as they are."""
    rows = [row._asdict() for row in conn.execute(query)]
    packed = [row.pop("packed") for row in rows]
    texts = iter(unpack(conn, [each for each in packed if each is not None]))
    for row, each in zip(rows, packed, strict=True):
        yield Decision(**row if each is None else row | {"body": json.loads(next(texts))})


def _of(conn: Connection, benefit_id: str) -> Select[Any]:
    """By every month there is, since the index has the month before the benefit."""
    of_month = DECISIONS.c.month.in_(_months(*conn.execute(_MONTHS).one()))
    query = select(*_COLUMNS).where(of_month, DECISIONS.c.benefit_id == benefit_id)
    return query.order_by(DECISIONS.c.decision_id.desc())


def _months(first: int | None, last: int | None) -> list[int]:
    """From one to the other, both among them, and the one of what is older than months are kept."""
    if first is None or last is None:
        return [_OF_NO_MONTH]
    return [_OF_NO_MONTH, *(each for each in range(first, last + 1) if 1 <= each % 100 <= _MONTHS_A_YEAR)]


def _month(day: date) -> int:
    return day.year * 100 + day.month
