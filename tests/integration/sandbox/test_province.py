import csv
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.sandbox.columns import DATASETS, FILE_DATASETS, SERVED_DATASETS
from gateway.sandbox.id_numbers import COUNTIES, is_valid
from gateway.sandbox.people import BENEFITS, Person
from gateway.sandbox.province import Province
from gateway.sandbox.rows import Row

START = date(2026, 9, 1)
AT_START = datetime(2026, 9, 1)  # noqa: DTZ001 - the province's local wall time
MONTH_2 = datetime(2026, 10, 1)  # noqa: DTZ001 - the province's local wall time
# Traps under which a dead person may still show strong signs of life, or a date is not the truth.
EXCUSED = {"named_wrongly", "named_as_dead", "reported_dead_by_mistake"}
STRONG = {
    "inpatient_stays": ("CERTNO", "BEGNTIME"),
    "outpatient_visits": ("CERTNO", "VISIT_TIME"),
    "health_checks": ("CERTNO", "CHECK_DATE"),
    "identity_cards": ("GMSFHM", "SLRQ"),
    "border_crossings": ("GMSFHM", "CRJSJ"),
    "community_corrections": ("SFZH", "BDRQ"),
}


@pytest.fixture(scope="module")
def large() -> Province:
    return Province(8, 1500, START)


def everything(province: Province, until: datetime) -> dict[str, list[dict[str, object]]]:
    return {name: [row.fields for row in province.rows(name, until=until)] for name in DATASETS}


def day_of(written: object) -> date:
    return datetime.strptime(str(written).replace("-", "")[:8], "%Y%m%d").date()  # noqa: DTZ007 - only the day


def whole(row: Row) -> bool:
    return row.broken is None and row.fields.get("op") != "D"


def living_signs(province: Province) -> list[tuple[Person, date]]:
    by_id = {person.id_number: person for person in province.people}
    found = []
    for dataset, (id_column, date_column) in STRONG.items():
        for row in filter(whole, province.rows(dataset, until=MONTH_2)):
            person = by_id.get(str(row.fields[id_column]))
            if person and row.fields.get("PROXY_FLAG", "0") == "0":
                found.append((person, day_of(row.fields[date_column])))
    return found


def test_the_same_seed_gives_the_same_rows() -> None:
    first, second = (everything(Province(5, 60, START), AT_START) for _ in range(2))
    assert (first == second) is True


def test_another_seed_gives_other_people() -> None:
    first, second = ({person.id_number for person in Province(seed, 60, START).people} for seed in (5, 6))
    assert len(first & second) == 0


def test_a_later_question_changes_no_earlier_row(tmp_path: Path) -> None:
    early, late = (Province(5, 60, START) for _ in range(2))
    before = everything(early, AT_START)
    late.advance(MONTH_2 + timedelta(days=90))
    assert (before == everything(late, AT_START)) is True
    for name, province in (("early", early), ("late", late)):
        province.roster_csv(tmp_path / name, START)
    assert ((tmp_path / "early").read_bytes() == (tmp_path / "late").read_bytes()) is True


def test_records_begin_eighteen_months_before_the_start(province: Province) -> None:
    loaded = [row.tong_time for name in DATASETS for row in province.rows(name, until=AT_START)]
    assert datetime(2025, 3, 1) <= min(loaded) < datetime(2025, 3, 10)  # noqa: DTZ001 - local wall time
    assert max(loaded) < AT_START


def test_a_hub_dataset_shows_the_last_version_only_and_a_file_dataset_every_one(province: Province) -> None:
    keys = {name: [row.key for row in province.rows(name, until=AT_START) if row.key] for name in DATASETS}
    assert not [name for name in SERVED_DATASETS if len(keys[name]) != len(set(keys[name]))]
    assert [name for name in FILE_DATASETS if len(keys[name]) > len(set(keys[name]))] == list(FILE_DATASETS)


def test_a_row_updated_later_leaves_the_earlier_window(province: Province) -> None:
    since = AT_START - timedelta(days=120)
    then = province.window("identity_cards", since, AT_START, now=AT_START)
    later = province.window("identity_cards", since, AT_START, now=MONTH_2)
    updated = {row.key for row in province.window("identity_cards", AT_START, MONTH_2, now=MONTH_2)}
    assert 0 < len(later) < len(then)
    assert {row.key for row in then} - {row.key for row in later} <= updated


def test_key_and_load_time_name_a_version(province: Province) -> None:
    for name in DATASETS:
        rows = province.rows(name, until=MONTH_2)
        assert len({(row.key, row.tong_time) for row in rows}) == len(rows)
        assert all(row.fields["tong_time"] == f"{row.tong_time:%Y-%m-%d %H:%M:%S}" for row in rows)


def test_everyone_has_a_valid_number_of_no_county_or_a_foreign_one(province: Province) -> None:
    residents = [person for person in province.people if person.id_type == "01"]
    assert all(is_valid(person.id_number) for person in residents)
    assert {person.id_number[:6] for person in residents} <= set(COUNTIES)
    assert all(county.startswith("99") for county in COUNTIES)
    assert not any(is_valid(person.id_number) for person in province.people if person.id_type != "01")


def test_no_fact_lies_after_its_row_was_loaded(province: Province) -> None:
    late = []
    for name, columns in DATASETS.items():
        for row in province.rows(name, until=MONTH_2):
            if whole(row) and columns.date_column != "PAY_MONTH":
                fact = day_of(row.fields[columns.date_column])
                late.extend([name] if fact > row.tong_time.date() + timedelta(days=1) else [])
    assert late == []


def test_the_dead_show_no_strong_sign_of_life(province: Province) -> None:
    signs = living_signs(province)
    after_death = [
        person.number
        for person, day in signs
        if not person.alive_on(day) and day != person.died_on and not person.traps & EXCUSED
    ]
    assert len(signs) > 1000
    assert after_death == []


def test_nobody_in_custody_leads_a_public_life(province: Province) -> None:
    inside = [
        person.number
        for person, day in living_signs(province)
        if any(began_on < day < ended_on for began_on, ended_on in person.custody)
        and not person.traps & EXCUSED
    ]
    assert any(person.custody for person in province.people)
    assert inside == []


def test_deaths_of_one_person_share_one_certificate_number(large: Province) -> None:
    numbers: dict[str, set[str]] = {}
    for name, id_column in (("cremations", "ID_CARD"), ("household_cancellations", "GMSFHM")):
        for row in large.rows(name, until=AT_START):
            if str(row.fields.get("SWZMBH")).startswith("99SW"):
                numbers.setdefault(str(row.fields[id_column]), set()).add(str(row.fields["SWZMBH"]))
    assert len(numbers) > 20
    assert {len(known) for known in numbers.values()} == {1}


def test_some_corrections_are_corrected_in_their_turn(large: Province) -> None:
    seen = {
        name: {row.key: row.fields for row in large.rows(name, until=MONTH_2) if row.key}
        for name in ("declarations", "settlements", "death_certificates", "household_cancellations")
    }
    revoked = {str(case["YAH"]) for case in seen["declarations"].values() if case.get("XGLX") == "3"}
    refunded = {
        str(each["init_setl_id"])
        for each in seen["settlements"].values()
        if each.get("refd_setl_flag") == "1" and len(str(each["init_setl_id"])) > 1
    }
    voided = {key for key, paper in seen["death_certificates"].items() if paper.get("CANCEL_STATUS") == "1"}
    entries = [entry for entry in seen["household_cancellations"].values() if entry.get("op") != "D"]
    assert any(seen["declarations"][key].get("XGLX") == "3" for key in revoked)
    assert any(seen["settlements"][key].get("refd_setl_flag") == "1" for key in refunded)
    assert any(entry.get("SWZMBH") in voided for entry in entries)
    assert any(entry["op"] == "U" and not is_valid(str(entry["GMSFHM"])) for entry in entries)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_roster_has_one_row_a_benefit(province: Province, tmp_path: Path, encoding: str) -> None:
    count = province.roster_csv(tmp_path / "roster.csv", START, encoding)
    with (tmp_path / "roster.csv").open(encoding=encoding, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count == len({row["benefit_id"] for row in rows})
    assert 1.15 < count / len({row["person_no"] for row in rows}) < 1.35
    assert {row["benefit"] for row in rows} == set(BENEFITS)
    assert {row["insured_county"] for row in rows} <= set(COUNTIES)
    assert all(row["last_certified_on"] <= f"{START}" for row in rows)


def test_the_roster_changes_a_little_each_month(large: Province, tmp_path: Path) -> None:
    ids = []
    for as_of in (START, date(2026, 10, 1)):
        large.roster_csv(tmp_path / "roster.csv", as_of)
        with (tmp_path / "roster.csv").open(encoding="utf-8", newline="") as file:
            ids.append({row["benefit_id"]: row["id_number"] for row in csv.DictReader(file)})
    before, after = ids
    new, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    pensioners = [person for person in large.people if person.on_roster_from]
    half_a_year_on = START + timedelta(days=181)
    corrected = sum(
        person.roster_id_on(START) != person.roster_id_on(half_a_year_on) for person in pensioners
    )
    assert 0 < new < 20
    assert 0 < gone < 20
    assert 0 < corrected < 20


def test_some_numbers_on_the_roster_match_nobody(large: Province, tmp_path: Path) -> None:
    large.roster_csv(tmp_path / "roster.csv", START)
    with (tmp_path / "roster.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = Counter(
        (row["id_type"] == "01", len(row["id_number"]), is_valid(row["id_number"])) for row in rows
    )
    assert kinds[True, 18, False] > 0
    assert kinds[True, 15, False] > 0
    assert sum(count for kind, count in kinds.items() if not kind[0]) > 0
    assert any(row["other_id_numbers"] for row in rows)


def test_nothing_personal_is_shown_by_accident(province: Province) -> None:
    person, row = province.people[0], province.rows("settlements", until=AT_START)[0]
    assert repr(person) == "Person(0)"
    assert repr(row) == f"Row({row.tong_time})"
