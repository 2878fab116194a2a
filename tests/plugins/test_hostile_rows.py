"""Whatever a row holds, reading it gives records or faults, and no text that names the person."""

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.department import Dataset
from gateway.intake.interpret import Reading, RowReader
from tests.plugins.examples import (
    DATASETS,
    Sample,
    every_dataset,
    id_columns,
    name_columns,
    of_dataset,
)

RECEIVED_AT: Final = datetime(2026, 9, 2, 8)  # noqa: DTZ001 - naive Asia/Shanghai, as intake gives it


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: Final[dict[str, object]] = {
    "null": None,
    "empty": "",
    "dash": "-",
    "null as text": "null",
    "full-width space": "　",
    "number": 7,
    "fraction": 7.5,
    "truth": True,
    "list": ["20260801"],
    "object": {"value": "20260801"},
    "bytes": b"20260801",
    "full-width": "２０２６０８０１",
    "31 February": "20260231",
    "month 13": "2026-13-01",
    "year 0": "00000101",
    "first day": "00010101",
    "last day": "99991231",
    "last second": "9999-12-31 23:59:59",
    "milliseconds": "1785542400000",
    "minus": "-20260801",
    "superscript": "²⁰²⁶0801",
    "5000 digits": "9" * 5000,
    "a number of 5000 digits": 10**5000,
    "not a number": float("nan"),
    "endless": float("inf"),
    "lone surrogate": "\ud800",
    "zero byte": "\x00",
    "right to left": "\u202e20260801",
    "nested": nested(200),
    "code by code": "1' OR '1'='1",
}


def rows(department: str, dataset: Dataset) -> Iterator[dict[str, Any]]:
    """A sample of every mixture of records, so that each kind of them meets each hostile value."""
    seen: set[str] = set()
    for sample in of_dataset(department, dataset, "accepted"):
        shape = str([record["kind"] for record in sample.entry["records"]])
        if shape not in seen:
            seen.add(shape)
            yield sample.row


def identities(dataset: Dataset, row: dict[str, Any]) -> set[str]:
    """Every spelling of the people of a row that must not be found in a text."""
    values = [row.get(column) for column in id_columns(dataset) + name_columns(dataset)]
    found = [value for value in values if isinstance(value, str) and len(value.strip()) > 1]
    return {spelling for text in found for spelling in (text, text.strip(), text.upper())}


def texts(reading: Reading) -> str:
    """Everything of a reading that could come to be printed."""
    parts = [reading, *reading.faults, *reading.unknown_codes, *reading.statements]
    records = [statement.record for statement in reading.statements]
    return " ".join([repr(part) for part in [*parts, *records]])


def assert_readable(dataset: Dataset, row: object, secrets: set[str]) -> None:
    reading = RowReader(dataset).read(row, RECEIVED_AT)
    assert reading.deleted or reading.statements or reading.faults
    shown = texts(reading)
    assert not any(secret in shown for secret in secrets), "a person is named in a text"


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_hostile_values_in_every_column(department: str, dataset: Dataset) -> None:
    for row in rows(department, dataset):
        for column, value in product(row, HOSTILE.values()):
            hostile = {**row, column: value}
            assert_readable(dataset, hostile, identities(dataset, hostile))


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_each_column_missing(department: str, dataset: Dataset) -> None:
    for row in rows(department, dataset):
        for column in row:
            rest = {name: value for name, value in row.items() if name != column}
            assert_readable(dataset, rest, identities(dataset, row))


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_columns_shifted_so_that_the_person_stands_in_any_column(department: str, dataset: Dataset) -> None:
    for row in rows(department, dataset):
        secrets = identities(dataset, row)
        for column in row:
            for secret in secrets:
                assert_readable(dataset, {**row, column: secret}, secrets)


@pytest.mark.parametrize(
    "row", [None, 5, "990101194001010016", [], ["990101194001010016"], {}, {"op": "D"}, {"op": ["D"]}, {5: 5}]
)
def test_what_is_no_row_at_all(row: object) -> None:
    for _, dataset in DATASETS:
        reading = RowReader(dataset).read(row, RECEIVED_AT)
        assert reading.faults
        assert "990101194001010016" not in texts(reading)


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_neither_a_row_nor_its_error_shows_what_it_holds(department: str, dataset: Dataset) -> None:
    row = next(rows(department, dataset))
    secrets = identities(dataset, row) | {str(row[dataset.key])}
    good = dataset.row.model_validate(row)
    with pytest.raises(ValidationError) as caught:
        dataset.row.model_validate({**row, "tong_time": "soon", "op": row[id_columns(dataset)[0]]})
    shown = f"{good!r} {good} {caught.value!r} {caught.value}"
    assert not any(secret in shown for secret in secrets), "a row is shown"


@given(data=st.data(), chosen=st.sampled_from(DATASETS))
def test_any_row_at_all(data: st.DataObject, chosen: tuple[str, Dataset]) -> None:
    department, dataset = chosen
    sample: Sample = data.draw(st.sampled_from(of_dataset(department, dataset, "accepted")))
    anything = (
        st.none() | st.text() | st.integers() | st.floats() | st.dates().map(str) | st.text("0123456789Xx-")
    )
    column = st.sampled_from([str(field.alias) for field in dataset.row.model_fields.values()])
    changes = data.draw(st.dictionaries(column, anything, min_size=1))
    assert_readable(dataset, {**sample.row, **changes}, set())
