"""What a run took in, dataset by dataset."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, select

from gateway.store.tables import PAGES, WINDOWS
from gateway.store.tally import tally

_MEASURES: Final = ("received", "accepted", "refused", "matched", "strangers")
_NAMED: Final = ("unknown_codes", "unknown_fields", "changed_types")
_LAST_ATTEMPT: Final = and_(PAGES.c.window_id == WINDOWS.c.window_id, PAGES.c.attempt == WINDOWS.c.attempt)
_PAGES: Final = WINDOWS.join(PAGES, _LAST_ATTEMPT)
_ALL: Final = WINDOWS.outerjoin(PAGES, _LAST_ATTEMPT)


@dataclass(frozen=True)
class Counts:
    """Rows of one dataset in one run; a window read again counts once.

    Unknown codes, unknown fields and changed types are counted by name; `drifted` is in how many rows any is.
    """

    received: int
    accepted: int
    refused: int
    matched: int
    strangers: int
    unknown_codes: dict[str, int]
    unknown_fields: dict[str, int] = field(default_factory=dict)
    changed_types: dict[str, int] = field(default_factory=dict)
    drifted: int = 0


def counts(conn: Connection, run_id: int) -> dict[str, Counts]:
    """Per dataset what the run's windows brought in their last attempt."""
    sums = [func.sum(PAGES.c[name]).label(name) for name in _MEASURES]
    query = select(WINDOWS.c.dataset, *sums).select_from(_PAGES).where(WINDOWS.c.run_id == run_id)
    rows = conn.execute(query.group_by(WINDOWS.c.dataset).order_by(WINDOWS.c.dataset))
    named, drifted = _drift(conn, run_id)
    return {
        row.dataset: Counts(
            **{name: int(getattr(row, name)) for name in _MEASURES},
            unknown_codes=_sorted(named.get((row.dataset, "unknown_codes"), {})),
            unknown_fields=_sorted(named.get((row.dataset, "unknown_fields"), {})),
            changed_types=_sorted(named.get((row.dataset, "changed_types"), {})),
            drifted=drifted.get(row.dataset, 0),
        )
        for row in rows
    }


def _drift(conn: Connection, run_id: int) -> tuple[dict[tuple[str, str], dict[str, int]], dict[str, int]]:
    """By dataset and what is counted the names and their rows, and by dataset the rows with any of them."""
    query = select(WINDOWS.c.dataset, PAGES.c.unknown_codes, PAGES.c.drift).select_from(_PAGES)
    named: dict[tuple[str, str], dict[str, int]] = {}
    drifted: dict[str, int] = {}
    for dataset, codes, drift in conn.execute(query.where(WINDOWS.c.run_id == run_id)):
        kept = {"unknown_codes": codes, **(drift or {})}
        for what, name, rows in _names(kept):
            tally(named.setdefault((dataset, what), {}), name, rows)
        drifted[dataset] = drifted.get(dataset, 0) + kept.get("drifted", 0)
    return named, drifted


@dataclass(frozen=True)
class WindowCounts:
    """What one window or file was promised, and what came of it in its last attempt.

    `declared` is the hub's total or the manifest's rows, `received` every row that came, `distinct` the
    different row versions among them; null for a window of which that is not known.
    """

    window_id: int
    dataset: str
    since: datetime
    until: datetime
    period: str | None
    seq: int | None
    state: str
    attempt: int
    declared: int | None
    received: int
    distinct: int | None
    accepted: int
    refused: int
    reason: str | None

    @property
    def missing(self) -> int | None:
        """How many of the promised rows did not come; negative where more came than was promised."""
        if self.declared is None or self.distinct is None:
            return None
        # a file may hold a row twice, and is whole when it has the rows its manifest names
        return self.declared - (self.received if self.seq is not None else self.distinct)


def window_counts(conn: Connection, run_id: int) -> list[WindowCounts]:
    """Declared against received for every window of a run, in the order they were opened."""
    names = ("window_id", "dataset", "since", "until", "period", "seq", "state", "attempt", "reason")
    own = [WINDOWS.c[name] for name in names]
    promised = [WINDOWS.c.total.label("declared"), WINDOWS.c.distinct_rows.label("distinct")]
    sums = [func.coalesce(func.sum(PAGES.c[name]), 0).label(name) for name in _MEASURES[:3]]
    query = select(*own, *promised, *sums).select_from(_ALL).where(WINDOWS.c.run_id == run_id)
    grouped = query.group_by(*own, WINDOWS.c.total, WINDOWS.c.distinct_rows).order_by(WINDOWS.c.window_id)
    return [WindowCounts(**_numbers(row)) for row in conn.execute(grouped)]


def _numbers(row: Row[Any]) -> dict[str, Any]:
    summed = {name: int(getattr(row, name)) for name in _MEASURES[:3]}
    # what ended before distinct rows were kept was only closed where all of them had come
    known = row.declared if row.state == "closed" and row.distinct is None else row.distinct
    return row._asdict() | summed | {"distinct": known}


def _sorted(names: dict[str, int]) -> dict[str, int]:
    return dict(sorted(names.items()))


def _names(kept: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    for what in _NAMED:
        for name, rows in kept.get(what, {}).items():
            yield what, name, rows
