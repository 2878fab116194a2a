"""Reads all columns of a page, and tells which rows may be taken from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gateway.intake.columns.cells import Cells
from gateway.intake.columns.forms import Form
from gateway.intake.columns.plan import Plan
from gateway.intake.columns.reading import Read, read_columns
from gateway.intake.columns.words import LOADED_ON, ROW, unusable
from gateway.intake.interpret import MOST_AHEAD

Bools = NDArray[np.bool_]

LOADED_AT: Final = "loaded_at"
OPERATION: Final = "operation"


@dataclass(frozen=True)
class Rows:
    """The rows of a page as values, one column for every field; `sound` are those that break no rule.

    A deleted row is sound by its key and load time alone, and nothing else of it counts. `blank` tells of
    every field where it holds nothing.
    """

    columns: pl.DataFrame = field(repr=False)
    sound: Bools
    deleted: Bools
    blank: Mapping[str, Bools]


def read_rows(plan: Plan, cells: Cells, received_at: datetime) -> Rows:
    """Read a page's cells; what is not flat is not sound."""
    operation = cells.frame.get_column(OPERATION)
    forms = {name: form for name, form in plan.forms.items() if form is not Form.OPERATION}
    found = read_columns(forms, cells.frame)
    deleted, inserted, updated = _equal(operation, ("D", "I", "U"))
    broken = np.logical_or.reduce([read.faulty for read in found.values()])
    unversioned = found[plan.key].faulty | found[LOADED_AT].faulty
    ahead = found[LOADED_AT].values.to_numpy() > np.datetime64(received_at + MOST_AHEAD)
    sound = cells.flat & ~ahead & ((inserted | updated) & ~broken | deleted & ~unversioned)
    return Rows(
        _columns(plan, found, operation), sound, deleted, {name: read.blank for name, read in found.items()}
    )


def _columns(plan: Plan, found: dict[str, Read], operation: pl.Series) -> pl.DataFrame:
    columns = {name: read.values for name, read in found.items()}
    ids = [name for name, form in plan.forms.items() if form is Form.ID_NUMBER]
    return pl.DataFrame(
        {
            ROW: np.arange(len(operation)),
            LOADED_ON: columns[LOADED_AT].cast(pl.Date),
            OPERATION: operation,
            **columns,
            **{unusable(name): found[name].unusable for name in ids},
        }
    )


def _equal(texts: pl.Series, wanted: Sequence[str]) -> list[Bools]:
    """Where a text is each of the wanted ones."""
    text = pl.col(texts.name)
    found = texts.to_frame().select(text.eq_missing(pl.lit(each)).alias(each) for each in wanted)
    return [column.to_numpy() for column in found.iter_columns()]
