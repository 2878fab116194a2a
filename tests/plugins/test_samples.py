"""Every department's samples are what its mapping makes of them, and leave nothing of it untried."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.department import Dataset
from gateway.fields import codes_of
from gateway.identity import IdNumber
from gateway.intake.interpret import Reading, RowReader
from gateway.mapping import Either, Emit
from tests.plugins.examples import (
    DATASETS,
    Sample,
    every_dataset,
    id_columns,
    of_dataset,
    path,
    samples,
    sheet,
)


def read(sample: Sample) -> Reading:
    return RowReader(sample.dataset).read(sample.row, sample.received_at)


def records(reading: Reading) -> list[dict[str, Any]]:
    return [statement.record.model_dump(mode="json") for statement in reading.statements]


def assert_records(reading: Reading, sample: Sample) -> None:
    wanted = [
        {name: value for name, value in each.items() if name != "about"}
        for each in sample.entry.get("records", [])
    ]
    given = records(reading)
    assert len(given) == len(wanted)
    for got, expected in zip(given, wanted, strict=True):
        assert {name: got.get(name, "no such field") for name in expected} == expected


@pytest.mark.parametrize("sample", samples("accepted"))
def test_accepted_row(sample: Sample) -> None:
    reading = read(sample)
    assert reading.faults == ()
    assert_records(reading, sample)
    codes = [code.partition("=")[0] for code in reading.unknown_codes]
    assert codes == sample.entry.get("unknown_codes", [])
    assert reading.deleted is (sample.row["op"] == "D")
    assert reading.key == sample.row[sample.dataset.key]
    assert_people(reading, sample)


def assert_people(reading: Reading, sample: Sample) -> None:
    only = id_columns(sample.dataset)[0]
    for statement, wanted in zip(reading.statements, sample.entry["records"], strict=True):
        if statement.record.polarity != "neutral":
            column = wanted.get("about", only)
            assert statement.person == IdNumber.parse(sample.entry.get("person") or sample.row[column])
            assert statement.name is not None


@pytest.mark.parametrize("sample", samples("refused"))
def test_refused_row(sample: Sample) -> None:
    reading = read(sample)
    assert reading.faults == ((sample.entry["field"], sample.entry["rule"]),)
    assert_records(reading, sample)


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_every_code_of_every_table_is_in_an_accepted_row(department: str, dataset: Dataset) -> None:
    rows = [sample.row for sample in of_dataset(department, dataset, "accepted")]
    for name, table in codes_of(dataset.row).items():
        seen = {row.get(dataset.alias(name)) for row in rows}
        untried = [code for code in table.meanings if not any(_is(value, code) for value in seen)]
        assert untried == [], f"column {dataset.alias(name)}"


def _is(value: str | None, code: str) -> bool:
    if value is None or not code.endswith("*"):
        return value == code
    return value.startswith(code[:-1])


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_no_emit_can_be_taken_away_unnoticed(department: str, dataset: Dataset) -> None:
    accepted = of_dataset(department, dataset, "accepted")
    before = [records(read(sample)) for sample in accepted]
    for number, emit in enumerate(dataset.every_emit):
        poorer = replace(dataset, emits=_without(dataset.emits, emit))
        after = [records(read(sample._replace(dataset=poorer))) for sample in accepted]
        assert after != before, f"no sample shows emit {number} ({emit.record.__name__})"


def _without(emits: Sequence[Emit | Either], gone: Emit) -> list[Emit | Either]:
    return [
        Either(tuple(emit for emit in entry.emits if emit is not gone))
        if isinstance(entry, Either)
        else entry
        for entry in emits
        if entry is not gone
    ]


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_every_column_is_in_a_sample_and_every_sample_key_is_a_column(
    department: str, dataset: Dataset
) -> None:
    loaded = sheet(department, dataset.name)
    used = {column for part in ("accepted", "refused") for entry in loaded[part] for column in entry["row"]}
    assert used == {field.alias for field in dataset.row.model_fields.values()}


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_corrections_deletions_and_the_usual_faults_are_sampled(department: str, dataset: Dataset) -> None:
    loaded = sheet(department, dataset.name)
    operations = Counter(entry["row"]["op"] for entry in loaded["accepted"])
    rules = {entry["rule"] for entry in loaded["refused"]}
    assert operations["I"]
    assert operations["D"]
    assert {"key_missing", "load_time_missing", "date_form"} <= rules


def test_every_sample_sheet_belongs_to_a_dataset() -> None:
    described = {path(department, dataset.name) for department, dataset in DATASETS}
    plugins = next(iter(described)).parents[2]
    assert set(plugins.glob("*/samples/*.json")) == described


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_people_in_samples_are_synthetic(department: str, dataset: Dataset) -> None:
    loaded = sheet(department, dataset.name)
    for entry in [*loaded["accepted"], *loaded["refused"]]:
        for column in id_columns(dataset):
            number = "".join(str(entry["row"].get(column) or "").split())
            assert not number[:15].isdigit() or number.startswith(("99", "９９")), entry["why"]
