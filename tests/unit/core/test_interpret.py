from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import SourceRow, records
from gateway.identity import IdNumber, PersonName
from gateway.intake.interpret import Fault, Reading, RowReader, holds
from gateway.mapping import MISSING, PRESENT, Condition, OneOf, StartsWith, not_, starts_with
from gateway.records import RECORD
from tests.unit.core.examples import LOADED, LOADED_AT, RECEIVED_AT, happening, happenings, wedding, weddings
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME


def read(raw: object) -> Reading:
    return RowReader(happenings).read(raw, RECEIVED_AT)


def read_wedding(raw: object) -> Reading:
    return RowReader(weddings).read(raw, RECEIVED_AT)


def only(reading: Reading) -> dict[str, Any]:
    """The one record of a row that broke no rule, without the times every record has."""
    assert reading.faults == ()
    (statement,) = reading.statements
    times = ("published_at", "received_at", "origin")
    return {
        name: value
        for name, value in statement.record.model_dump(exclude=set(times)).items()
        if value is not None
    }


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_a_record_carries_the_department_s_load_time_and_ours() -> None:
    reading = read(happening())
    (statement,) = reading.statements
    assert (reading.key, reading.loaded_at, reading.deleted, reading.corrects) == (
        "H-1",
        LOADED_AT,
        False,
        False,
    )
    assert (statement.record.published_at, statement.record.received_at) == (LOADED_AT, RECEIVED_AT)
    assert (statement.person, statement.name) == (IdNumber.parse(ID), PersonName.parse(NAME))
    assert RECORD.validate_python(statement.record.model_dump()) == statement.record


def test_an_updated_row_says_that_an_older_version_was_sent() -> None:
    assert read(happening(op="U")).corrects
    assert read(happening(op="U", YY="9")).corrects


KNOWN = dict.fromkeys(("happened_on", "earliest", "latest"), day("2026-01-05"))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"RQ": "20260105"},
            {"happened_on": day("2026-01-05"), "earliest": day("2026-01-05"), "latest": day("2026-01-05")},
        ),
        ({"RQ": "-", "SJ": "2026-01-07 10:00:00"}, {"latest": day("2026-01-07")}),
        ({"RQ": "", "SJ": None}, {"latest": LOADED_AT.date()}),
        ({"RQ": "", "SJ": "20991231"}, {"latest": LOADED_AT.date()}),
        (
            {"RQ": "20260105", "SJ": "20260107"},
            {"happened_on": day("2026-01-05"), "earliest": day("2026-01-05"), "latest": day("2026-01-05")},
        ),
    ],
)
def test_a_death_has_a_day_or_is_bounded_by_one(columns: dict[str, Any], said: dict[str, Any]) -> None:
    found = only(read(happening(YY="1", ZM=" SW-1 ", **columns)))
    assert found == said | {"kind": "death", "basis": "register_cancelled", "derived_from": "SW-1"}


@pytest.mark.parametrize(("code", "place"), [("1", "outside"), ("2", "prison"), ("7", "unknown"), ("", None)])
def test_a_code_is_looked_up_and_blank_stays_blank(code: str, place: str | None) -> None:
    found = only(read(happening(YY="2", ZZ="2031-01-01", JG=code)))
    assert found.get("released_to") == place
    assert (found["began_on"], found["ends_on"]) == (day("2026-03-01"), day("2031-01-01"))


def test_of_several_records_only_the_first_that_holds_is_given() -> None:
    assert only(read(happening()))["strength"] == "weak"
    later = only(read(happening(SJ="2026-03-02 08:00:00")))
    assert (later["strength"], later["happened_on"]) == ("strong", day("2026-03-02"))
    assert only(read(happening(SJ="20260302", JG="2")))["kind"] == "unclassified"


def test_every_record_of_a_row_that_holds_is_given() -> None:
    reading = read(happening(YY="2", YBH="H-0"))
    assert [(s.item, type(s.record)) for s in reading.statements] == [
        (0, records.Withdrawal),
        (1, records.Custody),
    ]


CONDITIONS: list[tuple[Condition, list[str | None], list[str | None]]] = [
    (PRESENT, ["", "1"], [None]),
    (MISSING, [None], ["", "1"]),
    (OneOf(("1", "2")), ["1", "2"], ["12", None, ""]),
    (OneOf(("1", None)), ["1", None], ["2"]),
    (not_("1"), ["2", None], ["1"]),
    (not_("1", None), ["2"], ["1", None]),
    (starts_with("P", "14"), ["P", "P1", "14", "140"], ["1", "p", None, ""]),
    (StartsWith(("P",), negated=True), ["H", None], ["P1"]),
]


@pytest.mark.parametrize(("condition", "holding", "failing"), CONDITIONS, ids=[str(c[0]) for c in CONDITIONS])
def test_conditions(condition: Condition, holding: list[str | None], failing: list[str | None]) -> None:
    assert [holds(condition, value) for value in holding] == [True] * len(holding)
    assert [holds(condition, value) for value in failing] == [False] * len(failing)


@pytest.mark.parametrize("code", ["9", "7", None, "４５"])
def test_a_row_that_says_nothing_we_know_is_kept_as_unclassified(code: str | None) -> None:
    kind = "emigration" if code == "４５" else "unclassified"
    assert only(read(happening(YY=code)))["kind"] == kind


def test_unknown_codes_are_counted_and_shown_only_if_they_can_be_nothing_else() -> None:
    assert read(happening(YY="7", JG="Ab12")).unknown_codes == ("YY=7", "JG=Ab12")
    assert read(happening(YY=ID, JG=NAME)).unknown_codes == ("YY=?", "JG=?")
    assert read(happening(YY="42", JG="")).unknown_codes == ()


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"YY": "3", "RQ": "2026-03-12"}, "RQ"),
        ({"YY": "3", "RQ": "", "SJ": "2026-03-12 00:00:00"}, "SJ"),
        ({"YY": "1", "RQ": "20991231"}, "RQ"),
        ({"YY": "4", "RQ": "99991231"}, "RQ"),
    ],
)
def test_a_fact_of_the_day_after_tomorrow_is_refused(columns: dict[str, Any], column: str) -> None:
    reading = read(happening(**columns))
    assert reading.faults == (Fault(column, "future_date"),)
    assert reading.statements == ()


@pytest.mark.parametrize(("days", "faults"), [(1, 1), (2, 0), (0, 1)])
def test_the_rules_say_how_far_ahead_a_fact_may_lie(days: int, faults: int) -> None:
    reading = RowReader(happenings, timedelta(days=days)).read(happening(RQ="2026-03-12"), RECEIVED_AT)
    assert len(reading.faults) == faults


def test_tomorrow_is_still_believed_and_a_plan_may_lie_anywhere() -> None:
    assert read(happening(RQ="2026-03-11")).faults == ()
    assert read(happening(YY="2", RQ="2026-05-01", ZZ="9999-12-31")).faults == ()


@pytest.mark.parametrize("loaded", ["9999-12-31 23:59:59", "00010101"])
def test_a_load_time_at_the_end_of_time_stops_nothing(loaded: str) -> None:
    for code in "1234":
        reading = read(happening(YY=code, tong_time=loaded, SJ="20260302"))
        assert reading.statements or reading.faults


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"SFZH": ID[:-1]}, ("SFZH", "id_form")),
        ({"SFZH": None}, ("SFZH", "id_missing")),
        ({"RQ": "-"}, ("RQ", "missing")),
        ({"RQ": "2026-02-30"}, ("RQ", "date_form")),
        ({"BH": " "}, ("BH", "key_missing")),
        ({"tong_time": None}, ("tong_time", "load_time_missing")),
        ({"op": "X"}, ("op", "literal_error")),
        ({"XM": 5}, ("XM", "text_type")),
    ],
)
def test_a_broken_rule_is_named_with_its_column(columns: dict[str, Any], fault: tuple[str, str]) -> None:
    reading = read(happening(**columns))
    assert reading.faults == (fault,)
    assert reading.statements == ()
    assert reading.key == (None if columns.get("BH") == " " else "H-1") or reading.key == ""


@pytest.mark.parametrize("number", [ID[:-1], None, "H1234567"])
def test_only_a_withdrawal_and_an_unclassified_row_need_nobody(number: str | None) -> None:
    for columns in ({"YY": "9"}, {"YY": "9", "YBH": "H-0"}):
        reading = read(happening(SFZH=number, **columns))
        assert reading.faults == ()
        assert reading.statements[0].person is None
    for code in "1234":
        assert read(happening(SFZH=number, YY=code)).statements == ()


@pytest.mark.parametrize("row", [None, 5, "row", [], ["H-1"], b"x", float("nan")])
def test_what_is_no_row_is_refused_whole(row: object) -> None:
    assert read(row).faults == (Fault(None, "row_form"),)


def test_a_deleted_row_may_hold_its_key_alone() -> None:
    alone = read({"op": "D", "tong_time": LOADED, "BH": " H-1 "})
    full = read(happening(op="D", SFZH="broken", RQ="soon", YY="1"))
    assert alone == full == Reading(key="H-1", loaded_at=LOADED_AT, deleted=True)


def test_a_deleted_row_without_key_or_load_time_is_refused() -> None:
    assert read({"op": "D"}).faults == (("BH", "key_missing"), ("tong_time", "load_time_missing"))
    assert read({"op": "D", "BH": ["H"], "tong_time": "soon"}).faults == (
        ("BH", "text_type"),
        ("tong_time", "date_form"),
    )


def test_both_of_a_couple_are_named() -> None:
    reading = read_wedding(wedding())
    named = [(s.item, s.person, s.name) for s in reading.statements]
    assert named == [
        (0, IdNumber.parse(ID), PersonName.parse(NAME)),
        (1, IdNumber.parse(OTHER_ID), PersonName.parse(OTHER_NAME)),
    ]


@pytest.mark.parametrize(("column", "other", "item"), [("F", OTHER_ID, 1), ("M", ID, 0)])
def test_a_spouse_with_a_bad_number_does_not_take_the_other_along(column: str, other: str, item: int) -> None:
    reading = read_wedding(wedding(**{column: "C1234567"}))
    assert [(s.item, s.person) for s in reading.statements] == [(item, IdNumber.parse(other))]
    assert reading.faults == ((column, "id_form"),)


def test_a_couple_of_which_nobody_has_a_number_is_refused() -> None:
    reading = read_wedding(wedding(F="C1", M=None))
    assert reading.statements == ()
    assert reading.faults == (("F", "id_form"), ("M", "id_missing"))


def by_code(result: object) -> RowReader:
    def to_records(_: SourceRow) -> Sequence[Any]:
        if isinstance(result, Exception):
            raise result
        return [(IdNumber.parse(ID), None, result)]

    return RowReader(replace(happenings, emits=(), to_records=to_records))


def test_code_may_replace_the_mapping() -> None:
    record = records.HealthCheck(
        published_at=LOADED_AT, received_at=RECEIVED_AT, happened_on=day("2026-03-01")
    )
    (statement,) = by_code(record).read(happening(), RECEIVED_AT).statements
    assert (statement.item, statement.record) == (0, record)


def test_code_may_date_no_fact_into_the_future_either() -> None:
    ahead = LOADED_AT.date() + timedelta(days=2)
    record = records.HealthCheck(published_at=LOADED_AT, received_at=RECEIVED_AT, happened_on=ahead)
    reading = by_code(record).read(happening(), RECEIVED_AT)
    assert (reading.statements, reading.faults) == ((), (Fault(None, "future_date"),))


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (ValueError("day_unlikely"), "day_unlikely"),
        (ValueError(ID), "ValueError"),
        (KeyError(NAME), "KeyError"),
    ],
)
def test_code_that_fails_refuses_one_row_and_shows_nothing(error: Exception, rule: str) -> None:
    assert by_code(error).read(happening(), RECEIVED_AT).faults == (Fault(None, rule),)


def test_a_reading_shows_nobody() -> None:
    for reading in (read(happening(YY="1", ZM="SW-0815")), read_wedding(wedding(F="broken"))):
        shown = f"{reading!r} {reading.statements!r} {reading.faults!r}"
        assert not any(secret in shown for secret in (ID[2:], NAME, OTHER_NAME, "SW-0815", "H-1", "W-1"))


COLUMNS = ["op", "tong_time", "BH", "SFZH", "XM", "YY", "RQ", "SJ", "ZZ", "JG", "ZM", "YBH"]
VALUES = (
    st.none() | st.text() | st.integers() | st.floats() | st.sampled_from("123479IUD") | st.dates().map(str)
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(COLUMNS), VALUES))
def test_any_row_gives_records_or_faults(columns: dict[str, Any]) -> None:
    reading = read(happening(**columns))
    assert reading.deleted or reading.statements or reading.faults
    assert all(fault.field is None or fault.field in COLUMNS for fault in reading.faults)
    assert all(isinstance(s.record.published_at, datetime) for s in reading.statements)
