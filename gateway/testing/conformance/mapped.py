"""Rules of the mapping: no memory, one meaning by row and by column, and the unknown is neutral."""

import copy
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

import numpy as np

from gateway.fields import codes_of
from gateway.intake.by_row import RowTaker
from gateway.intake.columns.taking import ColumnTaker
from gateway.intake.drift import Drift
from gateway.intake.interpret import TOLERANCE, Reading
from gateway.intake.keying import KeyedPage
from gateway.testing.conformance.case import Case, Row
from gateway.testing.conformance.trial import KEYER, Roster, people_of

_STRANGE: Final = ("7Q", "Z9", "0Y", "QQ")
"""Codes that hardly any data dictionary has."""


def mapping_is_pure(case: Case) -> Iterator[str]:
    """A row gives the same records whatever was read before it, and is left as it was."""
    rows = case.rows
    onward = [_said(case.read(row)) for row in rows]
    backward = [_said(case.read(row)) for row in reversed(rows)][::-1]
    if onward != backward:
        yield (
            f"{case.dataset.name}: a row gives other records when it is read again, after other rows: "
            "keep nothing between rows, and ask neither clock nor chance"
        )
    given = copy.deepcopy(rows)
    for row in given:
        case.reader.read(row, case.sheet.received_at)
    if given != rows:
        yield f"{case.dataset.name}: reading a row changes it: build new values"


def equal_by_row_and_by_column(case: Case) -> Iterator[str]:
    """A page comes to the same whether it is taken row by row or column by column."""
    means = (case.package.department.name, case.dataset, TOLERANCE, KEYER, Roster(people_of(case)))
    by_column, by_row, at = ColumnTaker.of(*means), RowTaker(*means), case.sheet.received_at
    if by_column is None:
        return
    rows = [copy.copy(sample.row) for sample in (*case.sheet.accepted, *case.sheet.refused)]
    alike = [{column: row.get(column) for column in _columns(case)} for row in rows]
    text = json.dumps(alike, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    for page, taken in ((rows, None), (alike, None), (alike, by_column.take_text(text, at))):
        wanted, found = by_row.take_rows(page, at), taken or by_column.take_rows(page, at)
        for what in _differing(wanted, found):
            yield (
                f"{case.dataset.name}: column by column the samples come to other {what} than row by row: "
                "build the mapping of plain texts, tuples and tables, or give to_records"
            )


def unknown_codes_are_neutral(case: Case) -> Iterator[str]:
    """A code that the data dictionary does not have is counted, and never held against anybody."""
    for name, table in codes_of(case.dataset.row).items():
        strange = next((code for code in _STRANGE if not table.knows(code)), None)
        column = case.dataset.alias(name)
        for sample in case.of_each_shape():
            if strange and sample.row.get("op") != "D" and sample.row.get(column):
                yield from _unknown(case, sample.row, column, strange)


def _unknown(case: Case, row: Row, column: str, code: str) -> Iterator[str]:
    known, reading = case.read(row), case.read({**row, column: code})
    if reading.faults and not known.faults:
        yield f"an unknown {column} refuses the row: let no record need the code"
    elif not any(found.startswith(f"{column}=") for found in reading.unknown_codes):
        yield f"an unknown {column} is not counted: annotate the field with its Codes, and keep its text"
    if _accuses(reading) and not _accuses(known):
        yield f"an unknown {column} becomes an adverse record: name the codes that are adverse in `when`"


def _columns(case: Case) -> list[str]:
    return [case.dataset.alias(name) for name in case.dataset.row.model_fields]


def _differing(wanted: tuple[KeyedPage, Drift], found: tuple[KeyedPage, Drift]) -> Iterator[str]:
    """In what two takings of a page differ, in words."""
    for field in fields(KeyedPage):
        values = [getattr(page, field.name) for page, _ in (wanted, found)]
        same = np.array_equal(*values) if isinstance(values[0], np.ndarray) else values[0] == values[1]
        if not same:
            yield field.name.replace("_", " ")
    if wanted[1] != found[1]:
        yield "drift"


def _said(reading: Reading) -> tuple[object, ...]:
    facts = [(each.item, each.person, each.name, each.record) for each in reading.statements]
    return reading.key, reading.deleted, facts, reading.faults, reading.unknown_codes


def _accuses(reading: Reading) -> bool:
    return any(statement.record.polarity == "adverse" for statement in reading.statements)
