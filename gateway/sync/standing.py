"""What people did about benefits, as the rules read it; and decisions made out of turn, as the last ones."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.engines import Tables
from gateway.policy import Policy
from gateway.store.ledger import Mark, marks
from gateway.store.revisions import Revision

_REVISED: Final = "revised"


def ledger_input(conn: Connection, buckets: Collection[int], policy: Policy, as_of: date) -> pa.Table:
    """The LEDGER columns for some buckets; benefits without an entry have no row."""
    return as_columns(marks(conn, buckets), policy, as_of)


def as_columns(found: Iterable[Mark], policy: Policy, as_of: date) -> pa.Table:
    """Entries, oldest first, as the LEDGER columns: one row a benefit."""
    by_benefit: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in found:
        by_benefit[mark.benefit_id].append(mark)
    late_before = as_of - timedelta(days=policy.ledger.verify_within_days.value)
    rows = [_row(benefit_id, of_one, late_before) for benefit_id, of_one in by_benefit.items()]
    return pa.Table.from_pylist(rows, schema=LEDGER)


def is_late(mark: Mark, late_before: date) -> bool:
    """Whether an entry is open longer than a verification may take."""
    return mark.state == "open" and mark.opened_on < late_before


def with_revisions(tables: Tables, decided: str, revisions: Sequence[Revision]) -> str:
    """SQL of a bucket's last decisions: those of its part, but for the benefits decided out of turn since.

    The engine is given the revisions as a table of its own.
    """
    if not revisions:
        return decided
    rows = [_from_json(revision.state) for revision in revisions]
    tables.register(_REVISED, pa.Table.from_pylist(rows, schema=DECIDED))
    columns = ", ".join(DECIDED.names)
    return (
        f"SELECT {columns} FROM ({decided}) ANTI JOIN {_REVISED} USING (benefit_id) "  # noqa: S608 - own names
        f"UNION ALL SELECT {columns} FROM {_REVISED}"
    )


def as_revision(row: Mapping[str, Any]) -> dict[str, Any]:
    """A DECIDED row as a revision keeps it: days become ISO texts."""
    return {name: _iso(row[name]) for name in DECIDED.names}


def _row(benefit_id: str, found: Sequence[Mark], late_before: date) -> dict[str, Any]:
    lost = {mark.cause for mark in found if mark.outcome == "ineligible"}
    harmless = [mark for mark in found if mark.outcome == "eligible"]
    return {
        "benefit_id": benefit_id,
        "held": sorted(lost | {mark.cause for mark in found if mark.state == "open"}),
        "late": sorted(m.cause for m in found if is_late(m, late_before) and m.told_at is None),
        "confirmed": sorted(lost),
        "silenced": sorted({content for mark in harmless for content in mark.contents}),
        "pension_silenced_on": max(_looked_at(harmless, "also_pension"), default=None),
        "verified_on": max((mark.outcome_on for mark in harmless if mark.outcome_on), default=None),
        "custody_on": max((mark.opened_on for mark in found if mark.cause == "custody"), default=None),
    }


def _looked_at(found: Iterable[Mark], cause: str) -> Iterator[date]:
    """The days on which people looked at a cause; what was on the roster by then they saw."""
    for mark in found:
        if mark.cause == cause and mark.closed_at and mark.outcome_on:
            yield max(mark.closed_at.date(), mark.outcome_on)


def _iso(value: Any) -> Any:
    if isinstance(value, list):
        return [_iso(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _from_json(state: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: _typed(field.type, state.get(field.name)) for field in DECIDED}


def _typed(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_list(kind):
        return [_typed(kind.value_type, each) for each in value]
    return date.fromisoformat(value) if pa.types.is_date(kind) else value
