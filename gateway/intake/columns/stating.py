"""Runs a plan over the read columns of a page: rows become statements, still about people in plain text."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gateway.intake.columns.plan import FAULTY, ITEM, STATEMENT, Candidate, Plan
from gateway.intake.columns.words import ROW

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Stated:
    """Statements, those of one row in its order, and the numbers of the rows that break a rule by theirs."""

    statements: pl.DataFrame = field(repr=False)
    faulty: NDArray[np.int64]


def state(plan: Plan, rows: pl.DataFrame) -> Stated:
    """Give every row its records; a row for which none holds is unclassified."""
    items = np.zeros(len(rows), np.int16)
    parts = []
    for entry in plan.entries:
        chosen = _chosen(entry, rows)
        for candidate, mask in zip(entry, chosen, strict=True):
            parts += _part(candidate.columns, rows, mask, items)
        items += np.any(chosen, axis=0)
    parts += _part(plan.unclassified, rows, items == 0, items)
    statements = pl.concat(parts) if parts else STATEMENT.to_frame()
    faulty = np.unique(statements[ROW].to_numpy()[statements[FAULTY].to_numpy()])
    sound = statements.filter(~np.isin(statements[ROW].to_numpy(), faulty)) if len(faulty) else statements
    return Stated(sound, faulty)


def _chosen(entry: tuple[Candidate, ...], rows: pl.DataFrame) -> list[Bools]:
    """Where each candidate is the first of its entry that holds."""
    open_rows = np.ones(len(rows), np.bool_)
    chosen = []
    for holds in _holding(entry, rows):
        chosen.append(open_rows & holds)
        open_rows &= ~holds
    return chosen


def _holding(entry: tuple[Candidate, ...], rows: pl.DataFrame) -> list[Bools]:
    asked = [candidate.holds.alias(str(number)) for number, candidate in enumerate(entry)]
    return [found.to_numpy() for found in rows.select(pl.col(ROW), *asked).get_columns()[1:]]


def _part(
    columns: tuple[pl.Expr, ...], rows: pl.DataFrame, mask: Bools, items: NDArray[np.int16]
) -> list[pl.DataFrame]:
    if not mask.any():
        return []
    some = rows if mask.all() else rows[np.flatnonzero(mask)]
    return [some.select(columns).insert_column(STATEMENT.names().index(ITEM), pl.Series(ITEM, items[mask]))]
