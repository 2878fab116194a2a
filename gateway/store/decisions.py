"""Decisions: the last one of a benefit stands, and every one before it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Select, func, select

from gateway.store.bulk import insert_rows
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
_OWN: Final = _NAMES[len(_SHARED) :]
_COLUMNS: Final = [DECISIONS.c[name] for name in _NAMES]
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
    insert_rows(conn, DECISIONS, ("month", *_NAMES), [(*shared, *own) for own in map(_values, rows)])


def current(conn: Connection, benefit_id: str) -> Decision | None:
    """The decision that stands."""
    row = conn.execute(_of(conn, benefit_id).limit(1)).one_or_none()
    return None if row is None else Decision(**row._asdict())


def history(conn: Connection, benefit_id: str) -> list[Decision]:
    """Every decision of a benefit, newest first."""
    return [Decision(**row._asdict()) for row in conn.execute(_of(conn, benefit_id))]


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
