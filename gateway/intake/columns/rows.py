"""Reads all columns of a page, and tells which rows may be taken from them."""

from collections.abc import Mapping
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
    deleted, usual = _is_in(operation, ["D"]), _is_in(operation, ["I", "U"])
    broken = np.logical_or.reduce([read.faulty for read in found.values()])
    unversioned = found[plan.key].faulty | found[LOADED_AT].faulty
    ahead = _is_ahead(found[LOADED_AT].values, received_at)
    sound = cells.flat & ~ahead & (usual & ~broken | deleted & ~unversioned)
    return Rows(
        _columns(plan, found, operation), sound, deleted, {name: read.blank for name, read in found.items()}
    )


def _columns(plan: Plan, found: dict[str, Read], operation: pl.Series) -> pl.DataFrame:
    columns = {name: read.values for name, read in found.items()}
    ids = [name for name, form in plan.forms.items() if form is Form.ID_NUMBER]
    return pl.DataFrame(
        {
            ROW: np.arange(len(operation)),
            LOADED_ON: columns[LOADED_AT].dt.date(),
            OPERATION: operation,
            **columns,
            **{unusable(name): found[name].unusable for name in ids},
        }
    )


def _is_in(texts: pl.Series, wanted: list[str]) -> Bools:
    return texts.is_in(wanted).fill_null(value=False).to_numpy()


def _is_ahead(loaded_at: pl.Series, received_at: datetime) -> Bools:
    latest = received_at + MOST_AHEAD
    return (loaded_at > latest).fill_null(value=False).to_numpy()
