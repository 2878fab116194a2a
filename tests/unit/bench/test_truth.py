"""The synthetic truth of the accuracy bench: it has the noise that it says it has."""

from datetime import date

import numpy as np
import pytest

from bench.accuracy.calendar import NEVER
from bench.accuracy.identities import id_numbers, short_forms
from bench.accuracy.months import add_months
from bench.accuracy.rates import FILE, Rates, load_rates
from bench.accuracy.rows import IDENTITY
from bench.accuracy.truth import Truth, make_truth
from gateway.identity import IdNumber

PEOPLE = 12_000


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth(load_rates(PEOPLE), 3)


def test_the_same_seed_gives_the_same_rows(truth: Truth) -> None:
    again = make_truth(load_rates(PEOPLE), 3)
    assert all(again.rows[name].table.equals(rows.table) for name, rows in truth.rows.items())


def test_every_dataset_has_rows(truth: Truth) -> None:
    rare = {"declarations", "community_corrections", "detentions", "prison_custody"}
    assert {name for name, rows in truth.rows.items() if rows.table.num_rows} >= set(IDENTITY) - rare


def test_id_numbers_are_valid_and_of_impossible_regions(truth: Truth) -> None:
    numbers = truth.people.id_number[:500].tolist()
    assert all(IdNumber.parse(number).reveal() == number and number.startswith("99") for number in numbers)
    assert len(set(truth.people.id_number.tolist())) == PEOPLE


def test_a_short_number_is_upgraded_to_the_number_it_came_from() -> None:
    number = id_numbers(np.array(["990101"]), np.array([-20_000]), date(2024, 7, 1), men=np.array([True]))
    assert IdNumber.parse(str(short_forms(number)[0])).reveal() == number[0]


def test_first_reports_come_as_late_as_the_rates_say(truth: Truth) -> None:
    reported = truth.first_reported < NEVER
    delay = (truth.first_reported - truth.people.died)[reported]
    assert (delay <= 13 * 7).mean() == pytest.approx(0.95, abs=0.02)
    assert (delay <= 26 * 7).mean() == pytest.approx(0.99, abs=0.01)


def test_the_dead_meet_no_office_any_more(truth: Truth) -> None:
    contacts = truth.contacts[truth.contacts["genuine"] & truth.contacts["strong"]]
    assert (contacts["day"] <= truth.people.died[contacts["person"].to_numpy()]).all()


def test_only_the_stays_of_others_are_strong_under_the_name_of_the_dead(truth: Truth) -> None:
    false = truth.contacts[~truth.contacts["genuine"]]
    purchases = false[false["source"] == "relative's purchase"]
    assert len(purchases) > 100
    assert purchases["strong"].mean() < 0.02
    assert false[false["source"] == "stay under another's name"]["strong"].all()


def test_a_false_report_names_somebody_who_lives(truth: Truth) -> None:
    false = truth.false_reports
    assert (truth.people.died[false["victim"].to_numpy(int)] > false["loaded"].to_numpy()).all()


def test_every_rate_says_where_it_comes_from() -> None:
    lines = FILE.read_text("utf-8").splitlines()
    sections = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(sections) == len(Rates.model_fields)
    said = sum(word in line for line in lines for word in ("given", "known", "chosen"))
    assert said > len(lines) / 2


def test_months_are_added_as_the_rules_add_them() -> None:
    days = np.array(["2024-08-31", "2024-02-29", "2025-01-15"], "datetime64[D]")
    assert add_months(days, np.array([6, 12, 6])).astype(str).tolist() == [
        "2025-02-28",
        "2025-02-28",
        "2025-07-15",
    ]
