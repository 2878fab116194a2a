"""Decisions: one current per benefit, and every one before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, Protocol

from sqlalchemy import Connection, select, update

from gateway.store.bulk import insert_rows
from gateway.store.chunks import chunks
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
_values: Final = attrgetter(*_OWN)


def advance(conn: Connection, run: ByRun, rows: Sequence[NewDecision]) -> None:
    """Make these the current decisions of their benefits; at most one per benefit."""
    shared = (*attrgetter(*_SHARED)(run), True)
    names = (*_SHARED, "current", *_OWN)
    for some in chunks(rows):
        ids = [row.benefit_id for row in some]
        before = update(DECISIONS).where(DECISIONS.c.benefit_id.in_(ids), DECISIONS.c.current)
        conn.execute(before.values(current=False))
        insert_rows(conn, DECISIONS, names, [(*shared, *own) for own in map(_values, some)])


def current(conn: Connection, benefit_id: str) -> Decision | None:
    """The decision that stands."""
    query = select(*_COLUMNS).where(DECISIONS.c.benefit_id == benefit_id, DECISIONS.c.current)
    row = conn.execute(query).one_or_none()
    return None if row is None else Decision(**row._asdict())


def history(conn: Connection, benefit_id: str) -> list[Decision]:
    """Every decision of a benefit, newest first."""
    query = select(*_COLUMNS).where(DECISIONS.c.benefit_id == benefit_id)
    return [Decision(**row._asdict()) for row in conn.execute(query.order_by(DECISIONS.c.decision_id.desc()))]
