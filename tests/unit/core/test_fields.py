import json
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from gateway.fields import (
    Code,
    Codes,
    Day,
    IdText,
    Instant,
    Key,
    LoadTime,
    Month,
    NameText,
    SourceRow,
    Text,
    UnusableId,
    codes_of,
    rule_of,
)
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.interpret import faults_of
from tests.unit.core.people import ID, NAME

TYPES = {
    "Text": Text,
    "Code": Code,
    "Day": Day,
    "Instant": Instant,
    "Month": Month,
    "Id": IdText,
    "Name": NameText,
}
NEVER_BLANK = {"Key": Key, "LoadTime": LoadTime}
RULES = {
    "text_type",
    "text_too_long",
    "date_form",
    "key_missing",
    "load_time_missing",
    "name_empty",
}


class Row(SourceRow):
    number: Key = Field(alias="BH")
    person: IdText = Field(alias="SFZH")
    name: NameText = Field(alias="XM")
    reason: Annotated[Code, Codes({"1": "one", "2*": "twenties"})] = Field(alias="YY")
    day: Day = Field(alias="RQ")
    instant: Instant = Field(alias="SJ")
    month: Month = Field(alias="YF")
    note: Text = Field(alias="BZ")


SOUND: dict[str, Any] = {"op": "I", "tong_time": "2026-01-02 03:04:05", "BH": "A1", "SFZH": ID, "XM": NAME}


def read(kind: Any, value: object) -> Any:
    cell: Any = cell_of(kind).model_validate({"value": value})
    return cell.value


@cache
def cell_of(kind: Any) -> type[BaseModel]:
    config = ConfigDict(arbitrary_types_allowed=True)
    return create_model("Cell", __config__=config, value=(kind, ...))


def rules(kind: Any, value: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    return [fault.rule for fault in faults_of(caught.value)]


def nested(depth: int) -> Any:
    value: Any = "20260102"
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize(
    "text",
    ["20260102", "2026-01-02", "２０２６０１０２", " 2026-01-02\t", "2026/01/02"],
)
def test_a_day_without_a_time(text: str) -> None:
    assert read(Day, text) == date(2026, 1, 2)
    assert read(Instant, text) == datetime.fromisoformat("2026-01-02 00:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "20260102030405",
        "2026-01-02 03:04:05",
        "2026-01-02 03:04:05.0",
        "2026-01-02 03:04:05.123456",
        "2026-01-02T03:04:05",
        "２０２６－０１－０２　０３：０４：０５",
    ],
)
def test_a_day_with_a_time(text: str) -> None:
    assert read(Instant, text) == datetime.fromisoformat("2026-01-02 03:04:05")
    assert read(LoadTime, text) == datetime.fromisoformat("2026-01-02 03:04:05")
    assert read(Day, text) == date(2026, 1, 2)


@settings(max_examples=50)
@given(st.datetimes())
def test_every_instant_is_read_back_from_each_of_its_forms(instant: datetime) -> None:
    whole = instant.replace(microsecond=0)
    stamp = whole.isoformat(" ")
    for text in (stamp, f"{stamp}.0", stamp.translate({ord(mark): None for mark in "-: "})):
        assert read(Instant, text) == whole
    for text in (stamp[:10], stamp[:10].replace("-", "")):
        assert read(Day, text) == whole.date()


@pytest.mark.parametrize(
    "text",
    [
        *[
            "20260230",
            "2026-13-01",
            "2026-00-10",
            "20260132",
            "00000101",
            "2026-01-02 24:00:00",
            "20260102030460",
        ],
        # a form of another length must never be read as some other day
        *["2026-1-2", "2026-1-15 10:00:00", "2026-111-1", "20-26-01-02", "2026111112", "202601020304"],
        *["20260102.5", "2026-01-02.0", "2026-01-02 03:04", "2026-01-02 03:04:05."],
        *["2026-01-02 03:04:05+08:00", "2026-01-02  03:04:05", "2026-0102", "2026-01/02", "01/02/2026"],
        *["1767283200000", "1767283200", "202601", "2026", "-20260102", "+20260102", "2026年1月2日", "昨天"],
    ],
)
def test_anything_else_is_no_day(text: str) -> None:
    assert rules(Day, text) == rules(Instant, text) == rules(LoadTime, text) == ["date_form"]


@pytest.mark.parametrize(
    ("text", "month"), [("202602", "2026-02-01"), ("2026-02", "2026-02-01"), ("２０２６０２", "2026-02-01")]
)
def test_a_month_is_its_first_day(text: str, month: str) -> None:
    assert read(Month, text) == date.fromisoformat(month)


@pytest.mark.parametrize(
    "text", ["202613", "202600", "2026", "20260201", "2026-02-01", "2026-2", "x", "2026 02"]
)
def test_anything_else_is_no_month(text: str) -> None:
    assert rules(Month, text) == ["date_form"]


@pytest.mark.parametrize("blank", [None, "", " ", "-", "null", "NULL", "\u3000", " - ", "\n"])
@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_every_spelling_of_blank_is_none(kind: Any, blank: str | None) -> None:
    assert read(kind, blank) is None


@pytest.mark.parametrize("blank", [None, "", "-", "null"])
def test_a_key_and_a_load_time_are_never_blank(blank: str | None) -> None:
    assert rules(Key, blank) == ["key_missing"]
    assert rules(LoadTime, blank) == ["load_time_missing"]


WRONG: dict[str, object] = {
    "number": 20260102,
    "truth": True,
    "fraction": 1.5,
    "not a number": float("nan"),
    "endless": float("-inf"),
    "bytes": b"20260102",
    "list": ["20260102"],
    "nested": nested(400),
    "date": date(2026, 1, 2),
    "set": {1},
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("kind", [*TYPES.values(), *NEVER_BLANK.values()], ids=[*TYPES, *NEVER_BLANK])
def test_what_is_no_text_is_refused_as_such(kind: Any, value: object) -> None:
    assert rules(kind, value) == ["text_type"]


@pytest.mark.parametrize("kind", [*TYPES.values(), *NEVER_BLANK.values()], ids=[*TYPES, *NEVER_BLANK])
def test_five_thousand_digits_are_too_many(kind: Any) -> None:
    assert rules(kind, "9" * 5000) == ["text_too_long"]


@pytest.mark.parametrize("kind", [Text, Code, Key, NameText], ids=["Text", "Code", "Key", "Name"])
def test_half_a_character_is_taken_and_can_be_keyed(kind: Any) -> None:
    found = read(kind, "A\ud800B")
    text = found.reveal() if isinstance(found, PersonName) else found
    assert len(Keyer(b"k").row("detentions", text)) == 16


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("kind", [*TYPES.values(), *NEVER_BLANK.values()], ids=[*TYPES, *NEVER_BLANK])
@settings(max_examples=20)
@given(value=ANYTHING)
def test_any_value_is_read_or_breaks_a_rule_that_has_a_name(kind: Any, value: object) -> None:
    try:
        read(kind, value)
    except ValidationError as error:
        assert {fault.rule for fault in faults_of(error)} <= RULES  # noqa: PT017 - both ends are allowed


@settings(max_examples=50)
@given(st.text(st.characters(codec=None), min_size=1))
def test_no_text_is_ever_part_of_a_rule(text: str) -> None:
    for kind in (Day, Month, Key, IdText, NameText, Code):
        try:
            found = read(kind, text)
        except ValidationError as error:
            assert {fault.rule for fault in faults_of(error)} <= RULES  # noqa: PT017 - both ends are allowed
        else:
            assert not isinstance(found, UnusableId) or found.rule.startswith("id_")


def test_an_unusable_number_says_which_rule_it_broke_and_nothing_else() -> None:
    assert read(IdText, ID[:-1]) == UnusableId("id_form")
    assert read(IdText, "H12345678") == UnusableId("id_form")
    assert repr(read(IdText, ID[:-2] + "00")) == "UnusableId(rule='id_check_digit')"


def test_a_sound_row() -> None:
    row = Row.model_validate(SOUND | {"YY": "２１", "RQ": "20260102", "YF": "202601", "BZ": " x ", "new": 5})
    assert (row.operation, row.number, row.reason, row.note) == ("I", "A1", "21", "x")
    assert (row.person, row.name) == (IdNumber.parse(ID), PersonName.parse(NAME))
    assert row.day == row.month.replace(day=2) == date(2026, 1, 2) if row.month else False


def test_missing_columns_are_blank_but_for_the_key_and_what_every_row_carries() -> None:
    row = Row.model_validate({"op": "U", "tong_time": "20260102030405", "BH": "1"})
    assert {row.person, row.name, row.reason, row.day, row.instant, row.month, row.note} == {None}
    with pytest.raises(ValidationError) as caught:
        Row.model_validate({})
    assert {(f.field, f.rule) for f in faults_of(caught.value)} == {
        (c, "missing") for c in ("op", "tong_time", "BH")
    }


@pytest.mark.parametrize(
    "show", [str, repr, lambda row: row.model_dump_json(), lambda row: str(row.model_dump())]
)
def test_a_row_never_shows_its_person(show: Callable[[Row], str]) -> None:
    shown = show(Row.model_validate(SOUND))
    assert "***" in shown
    assert ID[2:] not in shown
    assert NAME not in shown


def test_the_error_of_a_row_never_shows_a_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Row.model_validate(SOUND | {"op": ID, "RQ": ID, "BH": {"who": ID}, "tong_time": NAME})
    shown = f"{caught.value} {caught.value!r} {list(faults_of(caught.value))}"
    assert ID[2:] not in shown
    assert NAME not in shown


def test_code_tables_are_found_and_know_exact_and_open_entries() -> None:
    tables = codes_of(Row)
    assert list(tables) == ["reason"]
    assert [tables["reason"].knows(code) for code in ("1", "2", "29", "3", "")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (ValueError("date_form"), "date_form"),
        (ValueError(f"invalid literal: {ID!r}"), "ValueError"),
        (ValueError(NAME), "ValueError"),
        (ValueError(ID), "ValueError"),
        (KeyError("date_form"), "KeyError"),
        (json.JSONDecodeError("x", ID, 0), "JSONDecodeError"),
    ],
)
def test_only_a_rule_is_repeated_from_an_error(error: Exception, rule: str) -> None:
    assert rule_of(error) == rule
