"""What a rule looks at: one dataset of one department, with its samples read."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gateway.department import Dataset
from gateway.intake.interpret import Reading, RowReader
from gateway.testing.conformance.package import Package, id_columns, name_columns
from gateway.testing.conformance.samples import Sample, Sheet, sheet_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One dataset of an installed department."""

    package: Package
    dataset: Dataset

    @cached_property
    def sheet(self) -> Sheet:
        """The dataset's samples.

        Raises:
            PluginError: they cannot be read.
        """
        return sheet_of(self.package, self.dataset)

    @cached_property
    def reader(self) -> RowReader:
        """The gateway's own reader of the dataset's rows."""
        return RowReader(self.dataset)

    @property
    def where(self) -> str:
        """How the samples are called in a fault."""
        return f"samples/{self.dataset.name}.json"

    @property
    def rows(self) -> list[Row]:
        """The rows of the accepted samples, in their order."""
        return [dict(sample.row) for sample in self.sheet.accepted]

    def read(self, row: object) -> Reading:
        """What the gateway makes of a row; the row stays as it is, whatever the department does to it."""
        return self.reader.read(copy.copy(row), self.sheet.received_at)

    def of_each_shape(self) -> Iterator[Sample]:
        """An accepted sample of every mixture of records, so that each kind of them is tried."""
        seen: set[str] = set()
        for sample in self.sheet.accepted:
            reading = self.read(sample.row)
            shape = " ".join(type(each.record).__name__ for each in reading.statements)
            if shape not in seen and not reading.faults:
                seen.add(shape)
                yield sample

    @cached_property
    def _identifying(self) -> list[str]:
        return id_columns(self.dataset) + name_columns(self.dataset)

    def identities(self, row: Row) -> set[str]:
        """Every spelling of the people of a row that must not be found in a text."""
        values = [value for column in self._identifying if isinstance(value := row.get(column), str)]
        return {
            spelling
            for text in values
            if len(text.strip()) > 1
            for spelling in (text, text.strip(), text.upper())
        }
