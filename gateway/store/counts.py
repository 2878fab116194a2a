"""What a run took in, dataset by dataset."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, and_, func, select

from gateway.store.tables import PAGES, WINDOWS

_MEASURES: Final = ("received", "accepted", "refused", "matched", "strangers")
_PAGES: Final = WINDOWS.join(
    PAGES, and_(PAGES.c.window_id == WINDOWS.c.window_id, PAGES.c.attempt == WINDOWS.c.attempt)
)


@dataclass(frozen=True)
class Counts:
    """Rows of one dataset in one run; a window read again counts once."""

    received: int
    accepted: int
    refused: int
    matched: int
    strangers: int
    unknown_codes: dict[str, int]


def counts(conn: Connection, run_id: int) -> dict[str, Counts]:
    """Per dataset what the run's windows brought in their last attempt."""
    sums = [func.sum(PAGES.c[name]).label(name) for name in _MEASURES]
    query = select(WINDOWS.c.dataset, *sums).select_from(_PAGES).where(WINDOWS.c.run_id == run_id)
    rows = conn.execute(query.group_by(WINDOWS.c.dataset).order_by(WINDOWS.c.dataset))
    unknown = _unknown_codes(conn, run_id)
    return {
        row.dataset: Counts(
            **{name: int(getattr(row, name)) for name in _MEASURES},
            unknown_codes=unknown.get(row.dataset, {}),
        )
        for row in rows
    }


def _unknown_codes(conn: Connection, run_id: int) -> dict[str, dict[str, int]]:
    query = select(WINDOWS.c.dataset, PAGES.c.unknown_codes).select_from(_PAGES)
    return _added_up(conn.execute(query.where(WINDOWS.c.run_id == run_id)))


def _added_up(rows: Iterable[Row[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    totals: dict[str, Counter[str]] = {}
    for dataset, codes in rows:
        totals.setdefault(dataset, Counter()).update(codes)
    return {dataset: dict(sorted(total.items())) for dataset, total in totals.items()}
