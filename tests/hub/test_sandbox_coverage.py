"""A province of the demo's size: quick to make, and every code of every table occurs in it."""

from collections import Counter
from datetime import date, datetime

import pytest

from gateway.sandbox.columns import DATASETS
from gateway.sandbox.province import Province
from gateway.sandbox.rows import Row

UNTIL = datetime(2026, 10, 1)  # noqa: DTZ001 - the province's local wall time
EXTRA = {
    "criminal_judgments": {"HXBZ": {"0", "1"}},
    "marriages": {"id_type_man": {"1", "3"}, "id_type_woman": {"1", "3"}},
    "settlements": {"psn_cert_type": {"01", "99"}},
}


@pytest.fixture(scope="module")
def province() -> Province:
    return Province(20260420, 10_000, date(2026, 9, 1))


@pytest.fixture(scope="module")
def rows(province: Province) -> dict[str, list[Row]]:
    return {name: province.rows(name, until=UNTIL) for name in DATASETS}


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_code_occurs(rows: dict[str, list[Row]], dataset: str) -> None:
    wanted = {column: set(codes) for column, codes in DATASETS[dataset].codes.items()}
    for column, codes in (wanted | EXTRA.get(dataset, {})).items():
        seen = {str(row.fields.get(column)) for row in rows[dataset] if row.broken is None}
        assert codes - seen == set(), column


def test_pharmacies_and_hospitals_settle(rows: dict[str, list[Row]]) -> None:
    assert {str(row.fields.get("fixmedins_code"))[:1] for row in rows["settlements"]} >= {"P", "H"}


def test_all_operations_empty_values_and_faults_occur(rows: dict[str, list[Row]]) -> None:
    every = [row for listed in rows.values() for row in listed]
    values = {value for row in every for value in row.fields.values() if isinstance(value, str | None)}
    assert {row.fields["op"] for row in every} == {"I", "U", "D"}
    assert {None, "", "-", "null"} <= values
    faults = Counter(row.broken for row in every)
    assert set(faults) == {None, "impossible_date", "missing_key", "bad_check_digit", "wrong_type"}
    assert 0.003 < 1 - faults[None] / len(every) < 0.007


def test_identity_numbers_come_in_every_way_of_writing(rows: dict[str, list[Row]]) -> None:
    written = [str(row.fields["certno"]) for row in rows["settlements"] if row.fields.get("certno")]
    lengths = Counter(map(len, written))
    assert min(lengths[length] for length in (15, 18, 20)) > 0
    assert any(number.endswith("x") for number in written)
    assert any("０" in number for number in written)


def test_a_good_share_of_every_dataset_is_about_people_not_on_the_roster(
    province: Province, rows: dict[str, list[Row]]
) -> None:
    others = {person.id_number for person in province.people if person.on_roster_from is None}
    for dataset, listed in rows.items():
        column = DATASETS[dataset].id_column
        numbers = [str(row.fields[column]) for row in listed if row.fields.get(column)]
        assert sum(number in others for number in numbers) > len(numbers) / 10, dataset


def test_deaths_are_late_but_mostly_known_within_thirteen_weeks(province: Province) -> None:
    province.advance(UNTIL)
    dead = [person for person in province.people if person.died_on and person.died_on < date(2026, 6, 1)]
    delays = [
        (person.reported_on - person.died_on).days for person in dead if person.died_on and person.reported_on
    ]
    assert 0.93 < sum(days <= 91 for days in delays) / len(delays) < 0.99
    assert 0 < len(dead) - len(delays) < len(dead) / 20


def test_the_traps_are_there(province: Province) -> None:
    province.advance(UNTIL)
    assert {trap for person in province.people for trap in person.traps} >= {
        "named_wrongly",
        "named_as_dead",
        "reported_dead_by_mistake",
        "discharge_hard_coded",
        "death_never_reported",
        "release_never_reported",
    }
