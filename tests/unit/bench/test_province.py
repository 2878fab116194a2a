"""The province of the benches: whose rows they are, how many are wrong, and that pieces fit together."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.calendar import Month
from bench.data.departments import Columns, columns_of
from bench.data.drafts import BAD, DATASETS, FULL_PAGES, ROWS_A_BENEFIT, SUPERSEDING, Draft, draft
from bench.data.people import People
from bench.data.render import json_rows
from bench.data.roster import holders
from bench.data.text import as_arrow, digits, stamps
from gateway.sandbox.columns import DATASETS as DESCRIBED
from gateway.sandbox.id_numbers import is_valid

PEOPLE = People(40_000, seed=3)
SECOND = Month(1)


def whole(dataset: str, month: Month = SECOND, people: People = PEOPLE) -> Draft:
    plan = draft(people, month, dataset)
    return plan.between(0, plan.rows)


def texts(columns: Columns, name: str) -> list[str | None]:
    column = columns[name]
    return [] if column is None else list(column.to_pylist())


def test_every_id_number_is_valid_and_no_two_people_share_one() -> None:
    numbers = as_arrow(PEOPLE.id_numbers(np.arange(PEOPLE.known))).to_pylist()
    assert all(is_valid(number) and number.startswith("99") for number in numbers)
    assert len(set(numbers)) == PEOPLE.known


def test_a_month_has_ten_rows_for_three_benefits() -> None:
    rows = sum(draft(PEOPLE, SECOND, dataset).rows for dataset in DATASETS)
    assert rows == pytest.approx(PEOPLE.benefits * ROWS_A_BENEFIT, rel=0.005)


@pytest.mark.parametrize("dataset", DATASETS)
def test_rows_have_the_columns_of_the_contract_in_its_order(dataset: str) -> None:
    assert tuple(columns_of(whole(dataset))) == DESCRIBED[dataset].names


def test_a_row_is_about_340_bytes_long() -> None:
    lengths = [pc.binary_length(json_rows(columns_of(whole(dataset)))) for dataset in FULL_PAGES]
    assert 320 < pc.mean(pa.concat_arrays(lengths)).as_py() < 360


@settings(max_examples=20)
@given(cut=st.integers(1, 499))
def test_a_piece_is_the_same_whatever_is_made_with_it(cut: int) -> None:
    plan = draft(PEOPLE, SECOND, "settlements")
    pieces = [json_rows(columns_of(plan.between(*piece))) for piece in ((0, cut), (cut, 500))]
    assert pa.concat_arrays(pieces) == json_rows(columns_of(plan.between(0, 500)))


def test_one_row_in_a_hundred_is_bad() -> None:
    faults = whole("settlements").faults
    assert np.mean(faults >= 0) == pytest.approx(BAD, rel=0.15)
    assert len(set(faults.tolist())) == 6


def test_one_row_in_a_hundred_is_a_newer_version_of_last_months_and_some_name_somebody_else() -> None:
    before, after = whole("settlements", Month(0)), whole("settlements")
    known = dict(zip(before.records.tolist(), before.persons.tolist(), strict=True))
    again = [record in known for record in after.records.tolist()]
    assert np.mean(again) == pytest.approx(SUPERSEDING, rel=0.15)
    moved = [
        known[record] != person
        for record, person in zip(after.records.tolist(), after.persons.tolist(), strict=True)
        if record in known
    ]
    assert 0.05 < np.mean(moved) < 0.2


def test_a_death_has_one_certificate_number_in_three_departments() -> None:
    health = columns_of(whole("death_certificates"))
    issued = dict(zip(texts(health, "SWZMBH"), texts(health, "XM"), strict=True))
    for dataset, name in (("household_cancellations", "XM"), ("cremations", "NAME")):
        rows = columns_of(whole(dataset))
        pairs = list(zip(texts(rows, "SWZMBH"), texts(rows, name), strict=True))
        shared = [(number, who) for number, who in pairs if number in issued]
        assert len(shared) > 0.5 * len(pairs)
        assert np.mean([issued[number] == who for number, who in shared]) > 0.95


def test_the_dead_leave_no_trace_of_life() -> None:
    gone = {*PEOPLE.struck(0, 0.0016, "death").tolist(), *PEOPLE.struck(1, 0.0016, "death").tolist()}
    seen = [person for dataset in FULL_PAGES for person in whole(dataset).persons.tolist()]
    assert len(gone & set(seen)) <= 0.01 * len(gone)


def test_everybody_draws_a_benefit_and_a_quarter_of_the_people_another() -> None:
    drawn = np.bincount(holders(PEOPLE, np.arange(PEOPLE.benefits)), minlength=PEOPLE.on_roster)
    assert set(drawn.tolist()) == {1, 2}
    assert np.mean(drawn == 2) == pytest.approx(0.25, abs=0.001)


@settings(max_examples=20)
@given(st.lists(st.integers(-2_000_000_000, 3_000_000_000), min_size=1, max_size=5))
def test_a_stamp_is_written_as_the_calendar_has_it(seconds: list[int]) -> None:
    written = as_arrow(stamps(np.array(seconds))).to_pylist()
    assert written == [f"{datetime.fromtimestamp(each, UTC):%Y-%m-%d %H:%M:%S}" for each in seconds]


@settings(max_examples=20)
@given(st.integers(0, 10**9), st.integers(1, 12))
def test_digits_are_the_last_ones_with_leading_zeros(number: int, width: int) -> None:
    assert as_arrow(digits(np.array([number]), width)).to_pylist() == [f"{number:012d}"[-width:]]


@settings(max_examples=20)
@given(st.lists(st.text(alphabet="abc", max_size=6), min_size=1, max_size=6))
def test_texts_of_any_length_come_back(words: list[str]) -> None:
    width = max(map(len, words)) or 1
    letters = np.array([list(word.encode().ljust(width, b"\0")) for word in words], np.uint8)
    assert as_arrow(letters).to_pylist() == words


def test_no_two_rows_of_a_record_are_of_one_second() -> None:
    """Key and load time tell versions apart; of a province's visits two or three are loaded in a second."""
    plan = draft(People(15_000_000, seed=3), Month(0), "outpatient_visits")
    pieces = [plan.between(start, start + 200_000) for start in (0, plan.rows // 2)]
    rows = np.concatenate([np.stack([piece.records, piece.loaded], axis=1) for piece in pieces])
    assert len(rows) > len(np.unique(pieces[0].loaded)) * 2
    assert len(np.unique(rows, axis=0)) == len(rows)
