"""What a column holds, from its values and its name."""

import re
from datetime import date
from random import Random

import pytest

from gateway.sandbox.id_numbers import IdNumbers, short_form, with_bad_check_digit
from gateway.scaffold.dictionary import Described
from gateway.scaffold.guess import form_of, guess

RNG = Random(990)  # noqa: S311 - synthetic people, not secrets
NUMBERS = [IdNumbers().new(RNG, "990101", date(1950, 1, 1 + place), male=True) for place in range(8)]
SHORT = [short_form(number) for number in NUMBERS]
WRONG = [with_bad_check_digit(number) for number in NUMBERS]


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        pytest.param("F1", NUMBERS, "id", id="ID numbers"),
        pytest.param("F1", SHORT, "id", id="ID numbers of 15 digits"),
        pytest.param("F1", [*NUMBERS[:5], *WRONG[5:]], "id", id="most of the ID numbers are good"),
        pytest.param("F1", WRONG, "text", id="18 digits whose check digit is wrong, under another name"),
        pytest.param("SFZH", WRONG, "id", id="the same under a name that says what they are"),
        pytest.param("SFZH", [None, ""], "id", id="nothing but the name"),
        pytest.param("身份证号码", [], "id", id="nothing but a Chinese name"),
        pytest.param("F1", ["20260801", "20260802"], "day", id="days without signs"),
        pytest.param("F1", ["2026-08-01", "2026-08-02"], "day", id="days with dashes"),
        pytest.param("F1", ["2026/08/01", "-"], "day", id="days with strokes, one blank"),
        pytest.param("F1", ["2026-08-01 00:00:00"] * 3, "day", id="days written as midnights"),
        pytest.param("F1", ["2026-08-01 09:30:00", "2026-08-02 00:00:00"], "instant", id="times"),
        pytest.param("F1", ["20260801093000.0"], "instant", id="times without signs"),
        pytest.param("F1", ["202608", "202512"], "month", id="months"),
        pytest.param("F1", ["2026-08"], "month", id="months with a dash"),
        pytest.param("F1", ["430102", "430103"], "text", id="county codes are no months"),
        pytest.param("F1", ["99991231", "99991231"], "text", id="no day anybody lives"),
        pytest.param("CCRQ", ["2026年8月1日", "2026年8月2日"], "text", id="a form the gateway does not read"),
        pytest.param("SWRQ", [], "day", id="a known day without values"),
        pytest.param("travel_date", [], "day", id="an English name of a day"),
        pytest.param("FCSJ", ["20260801"], "day", id="called a time, but days"),
        pytest.param("XM", ["Anybody", "x"], "name", id="a known name, whatever it holds"),
        pytest.param("F1", ["张三", "李四", "欧阳娜娜", "王五"], "name", id="values that are names"),
        pytest.param("F1", ["阿依古丽·买买提", "张三"], "name", id="a name with its middle dot"),
        pytest.param("F1", ["张*", "李*四"], "name", id="masked names"),
        pytest.param("F1", ["长沙南", "株洲西", "衡阳东"], "text", id="stations are no names"),
        pytest.param("F1", ["1", "2", "1", "1"], "code", id="few short values"),
        pytest.param("F1", ["A1", "B", "A1", "B", "B"], "code", id="few short values with letters"),
        pytest.param("F1", ["1", "2", "3", "4"], "text", id="short, but every one another"),
        pytest.param("F1", ["1", "2"], "text", id="too few rows to say"),
        pytest.param("F1", ["Li", "Wu", "Li", "Wu"], "text", id="short words are no codes"),
        pytest.param("ZT", ["1"], "code", id="called a code"),
        pytest.param("ZT", ["已退票"], "code", id="called a code, but words"),
        pytest.param("status", [], "code", id="called a code, without values"),
        pytest.param("F1", ["x" * 1_000_000, "y"], "text", id="a cell of a megabyte"),
        pytest.param("F1", ["\ud800", "\x00"], "text", id="what is no text at all"),
        pytest.param("F1", ["9" * 5000], "text", id="5000 digits"),
        pytest.param("F1", [], "text", id="nothing at all"),
        pytest.param("BZ", ["1", "1", "1", "1"], "text", id="a remark, whatever it holds"),
    ],
)
def test_kind(column: str, values: list[str | None], kind: str) -> None:
    assert guess(column, values).kind == kind


def test_the_values_of_a_code_are_taken_over_in_their_order() -> None:
    assert guess("F1", ["2", "１", "1", "2", "9", "9"]).codes == ("1", "2", "9")


def test_words_are_never_taken_for_codes() -> None:
    assert guess("ZT", ["张三", "李四", "已退票"]).codes == ()


@pytest.mark.parametrize("values", [NUMBERS, ["张三", "李四"], ["zhang"], ["张*"]])
def test_no_reason_repeats_a_value(values: list[str]) -> None:
    for column in ("F1", "XM", "SFZH", "ZT", "SWRQ", "BZ"):
        why = guess(column, values).why
        assert not any(value in why for value in values)
        assert re.fullmatch(r"[a-z][\x20-\x7e]+", why)


def test_the_data_dictionary_outweighs_the_values_but_no_person() -> None:
    listed = Described(codes={"1": "男", "2": "女"})
    assert guess("F1", ["1", "3", "1"], listed).codes == ("1", "2")
    assert "1 of 3" in guess("F1", ["1", "3", "1"], listed).why
    assert guess("F1", NUMBERS, listed).kind == "id"
    assert guess("XM", ["张三"], listed).kind == "name"


def test_masked_names_are_said_to_be() -> None:
    assert guess("XM", ["张*", "李*四", "王**"]).masked
    assert not guess("XM", ["张三", "李四"]).masked


def test_values_that_are_no_text_are_left_alone() -> None:
    assert guess("XM", [None, None], untidy=True).kind == "text"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("20260801", "%Y%m%d"),
        ("2026-08-01", "%Y-%m-%d"),
        ("2026/08/01 09:30:00", "%Y/%m/%d %H:%M:%S"),
        ("2026-08-01T09:30:00.123", "%Y-%m-%dT%H:%M:%S.0"),
        ("20260801093000", "%Y%m%d%H%M%S"),
        ("2026年8月1日", None),
    ],
)
def test_the_form_of_a_day_is_kept(text: str, form: str | None) -> None:
    assert form_of(text) == form
