"""Takes a page by column, and row by row what cannot be shown to come to the same by column."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

import numpy as np

from gateway.department import Dataset
from gateway.identity import Keyer
from gateway.intake.columns.cells import Cells, cells_of
from gateway.intake.columns.joining import ByRow, joined
from gateway.intake.columns.keying import ColumnKeyer
from gateway.intake.columns.matching import Roster
from gateway.intake.columns.plaintext import cells_of_text
from gateway.intake.columns.plan import Plan, plan_of
from gateway.intake.columns.rows import read_rows
from gateway.intake.columns.stating import state
from gateway.intake.columns.watching import drift_of, unknown_codes
from gateway.intake.drift import Drift
from gateway.intake.interpret import RowReader
from gateway.intake.keying import KeyedPage, RowKeyer


class ColumnTaker:
    """Takes the pages of one dataset that says all it means as data; the twin of `by_row.RowTaker`."""

    def __init__(
        self, department: str, plan: Plan, tolerance: timedelta, keyer: Keyer, people: Roster
    ) -> None:
        self._plan = plan
        self._reader = RowReader(plan.dataset, tolerance)
        self._row_keyer = RowKeyer(department, plan.dataset, keyer, people)
        self._column_keyer = ColumnKeyer(department, plan.dataset, keyer, people)

    @classmethod
    def of(
        cls, department: str, dataset: Dataset, tolerance: timedelta, keyer: Keyer, people: Roster
    ) -> Self | None:
        """A taker of the dataset's pages, if they can be taken by column."""
        plan = plan_of(dataset, tolerance)
        return cls(department, plan, tolerance, keyer, people) if plan else None

    def take_text(self, plaintext: bytes, received_at: datetime) -> tuple[KeyedPage, Drift] | None:
        """Key a page of JSON and match it; None where its text is not a usual one and is to be read first."""
        cells = cells_of_text(plaintext, self._plan.columns, self._plan.dataset.rows_in)
        return self._take(cells, received_at) if cells else None

    def take_rows(self, rows: Sequence[object], received_at: datetime) -> tuple[KeyedPage, Drift]:
        """Key rows and match them; what is wrong with one is said as the row interpreter says it."""
        return self._take(cells_of(rows, self._plan.columns), received_at)

    def _take(self, cells: Cells, received_at: datetime) -> tuple[KeyedPage, Drift]:
        rows = read_rows(self._plan, cells, received_at)
        stated = state(self._plan, rows.columns[np.flatnonzero(rows.sound & ~rows.deleted)])
        rows.sound[stated.faulty] = False
        rest = self._by_row(cells, np.flatnonzero(~rows.sound).tolist(), received_at)
        codes = unknown_codes(self._plan, rows)
        columns = self._column_keyer.key(rows, stated.statements, cells.said, received_at)
        return joined(columns, rest, codes), drift_of(self._plan, cells, rows, rest.readings, codes)

    def _by_row(self, cells: Cells, places: list[int], received_at: datetime) -> ByRow:
        rest = ByRow()
        for place in places:
            raw = cells.raw[place]
            reading = self._reader.read(raw, received_at)
            self._row_keyer.take(rest.keyed, reading, raw, received_at)
            rest.note(place, reading)
        return rest
