"""What of a page is not as the plugin describes it: unknown codes and drift, counted as by row."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gateway.intake.columns.cells import Cells
from gateway.intake.columns.plan import Plan
from gateway.intake.columns.rows import Rows
from gateway.intake.drift import Drift, DriftWatch
from gateway.intake.interpret import Reading, shown_code
from gateway.store.tally import MOST_NAMES

Codes = dict[int, tuple[str, ...]]
"""Unknown codes by the number of their row, in the order of the row's fields."""


def unknown_codes(plan: Plan, rows: Rows) -> Codes:
    """The unknown codes of the sound rows."""
    if not plan.codes:
        return {}
    taken = rows.sound & ~rows.deleted
    found: Codes = {}
    columns = rows.columns[list(plan.codes)]
    every = columns.select(pl.all().unique().implode()).row(0)
    for cells, codes, table in zip(columns.iter_columns(), every, plan.codes.values(), strict=True):
        strange = [code for code in codes if code is not None and not table.knows(code)]
        for place in np.flatnonzero(_is_in(cells, strange) & taken).tolist() if strange else ():
            code = shown_code(plan.dataset.alias(cells.name), cells[place])
            found[place] = (*found.get(place, ()), code)
    return found


def drift_of(plan: Plan, cells: Cells, rows: Rows, readings: Mapping[int, Reading], codes: Codes) -> Drift:
    """What a `DriftWatch` finds that sees every row: rows that are alike it sees at a glance."""
    watch = DriftWatch(plan.dataset)
    usual = _alike(plan, cells, rows)
    odd = sum(bool(usual[place]) for place in codes)
    deleted = int((usual & rows.deleted).sum())
    watch.see_alike(cells.alike or (), int(usual.sum()), whole=int(usual.sum()) - deleted, odd=odd)
    for place in np.flatnonzero(~usual).tolist():
        watch.see(cells.raw[place], readings.get(place) or _reading(rows, codes, place))
    return watch.found(cells.raw, partial(_filled, plan, rows) if cells.flat.all() else None)


def _filled(plan: Plan, rows: Rows, column: str) -> int:
    """In how many rows that are not deleted a column is not blank."""
    field = plan.dataset.column(column) or column
    return int((~rows.blank[field] & ~rows.deleted).sum())


def _alike(plan: Plan, cells: Cells, rows: Rows) -> NDArray[np.bool_]:
    """The rows that are read from the columns and have the same ones, in text."""
    unknown = set(cells.alike or ()) - set(plan.columns.values())
    if cells.alike is None or len(unknown) > MOST_NAMES:
        return np.zeros_like(rows.sound)
    return rows.sound & ~cells.numbers


def _reading(rows: Rows, codes: Codes, place: int) -> Reading:
    return Reading(deleted=bool(rows.deleted[place]), unknown_codes=codes.get(place, ()))


def _is_in(texts: pl.Series, wanted: list[str]) -> NDArray[np.bool_]:
    return texts.is_in(wanted).fill_null(value=False).to_numpy()
