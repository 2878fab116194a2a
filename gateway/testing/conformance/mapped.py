"""Rules of the mapping: it has no memory, and what it does not know it calls neutral and counts."""

import copy
from collections.abc import Iterator
from typing import Final

from gateway.fields import codes_of
from gateway.intake.interpret import Reading
from gateway.testing.conformance.case import Case, Row

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


def _said(reading: Reading) -> tuple[object, ...]:
    facts = [(each.item, each.person, each.name, each.record) for each in reading.statements]
    return reading.key, reading.deleted, facts, reading.faults, reading.unknown_codes


def _accuses(reading: Reading) -> bool:
    return any(statement.record.polarity == "adverse" for statement in reading.statements)
