"""Decisions: one current per benefit, and every one before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, select, update

from gateway.store.bulk import insert_rows
from gateway.store.chunks import chunks
from gateway.store.tables import DECISIONS


@dataclass(frozen=True)
class _Decided:
    benefit_id: str
    person_no: str
    run_id: int
    decision: str
    reason: str | None
    confidence: str | None
    certified_on: date | None
    valid_until: date | None
    as_of: date
    decided_at: datetime


@dataclass(frozen=True)
class Decision(_Decided):
    """What was decided about one benefit; `body` holds causes, holds, evidence references and clauses."""

    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class NewDecision(_Decided):
    """A decision to be kept; its `body` is the JSON of a `Decision`'s."""

    body: str = field(repr=False)


_NAMES: Final = tuple(Decision.__dataclass_fields__)
_COLUMNS: Final = [DECISIONS.c[name] for name in _NAMES]
_values: Final = attrgetter(*_NAMES)


def advance(conn: Connection, rows: Sequence[NewDecision]) -> None:
    """Make these the current decisions of their benefits; at most one per benefit."""
    for some in chunks(rows):
        ids = [row.benefit_id for row in some]
        before = update(DECISIONS).where(DECISIONS.c.benefit_id.in_(ids), DECISIONS.c.current)
        conn.execute(before.values(current=False))
        insert_rows(conn, DECISIONS, (*_NAMES, "current"), [(*_values(row), True) for row in some])


def current(conn: Connection, benefit_id: str) -> Decision | None:
    """The decision that stands."""
    query = select(*_COLUMNS).where(DECISIONS.c.benefit_id == benefit_id, DECISIONS.c.current)
    row = conn.execute(query).one_or_none()
    return None if row is None else Decision(**row._asdict())


def history(conn: Connection, benefit_id: str) -> list[Decision]:
    """Every decision of a benefit, newest first."""
    query = select(*_COLUMNS).where(DECISIONS.c.benefit_id == benefit_id)
    return [Decision(**row._asdict()) for row in conn.execute(query.order_by(DECISIONS.c.decision_id.desc()))]
