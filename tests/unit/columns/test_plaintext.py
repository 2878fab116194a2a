"""The text of a usual page is laid out without a parser, and of any other nothing is believed."""

import json

import pytest

from gateway.intake.columns.cells import cells_of
from gateway.intake.columns.plaintext import cells_of_text
from tests.unit.columns.twins import compact

WANTED = {"number": "BH", "name": "XM", "missing": "ZZ"}
ROWS = [{"BH": "1", "XM": "艾山·吐尔逊"}, {"BH": "", "XM": None}, {"BH": "a b,c:d", "XM": "𠮷"}]


@pytest.mark.parametrize("style", [(",", ":"), (", ", ": ")])
def test_a_usual_page_is_laid_out_in_columns(style: tuple[str, str]) -> None:
    found = cells_of_text(json.dumps(ROWS, ensure_ascii=False, separators=style).encode(), WANTED)
    assert found
    assert found.frame.to_dict(as_series=False) == {
        "number": ["1", "", "a b,c:d"],
        "name": ["艾山·吐尔逊", None, "𠮷"],
        "missing": [None, None, None],
    }
    assert list(found.raw) == ROWS
    assert (found.raw[1], len(found.raw), list(found.raw[1:])) == (ROWS[1], 3, ROWS[1:])
    assert found.alike == ("BH", "XM")
    assert found.flat.all()
    assert not found.numbers.any()


@pytest.mark.parametrize("count", [1, 2, 3, 17, 64, 65])
def test_pages_of_any_length(count: int) -> None:
    rows = [{"BH": str(place) * (place % 9), "XM": None if place % 3 else "x"} for place in range(count)]
    found = cells_of_text(compact(rows), WANTED)
    assert found
    assert list(found.raw) == rows


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"[{}]",
        b"null",
        b'{"BH":"1"}',
        b' [{"BH":"1"}]',
        b'[{"BH":"1"}] ',
        b'[{"BH":1}]',
        b'[{"BH":"1"},{"BH":1}]',
        b'[{"BH":"1"},{"BH":true}]',
        b'[{"BH":"1"},{"BH":nullx}]',
        b'[{"BH":"1"},{"BH":nul}]',
        b'[{"BH":"1"},{"BH":[]}]',
        b'[{"BH":"1"},{"BH":{"BH":"1"}}]',
        b'[{"BH":"1"},{"BH":"1","BH":"2"}]',
        b'[{"BH":"1","BH":"2"}]',
        b'[{"BH":"1"},{}]',
        b'[{"BH":"1"},{"XM":"1"}]',
        b'[{"BH":"1"},"BH"]',
        b'[{"BH":"1"},["BH"]]',
        b'[{"BH":"1"},5]',
        b'[{"BH":"1"},null]',
        b'[{"BH":"1"}{"BH":"1"}]',
        b'[{"BH":"1"},{"BH":"1"},]',
        b'[{"BH":"1"},{"BH":"1",}]',
        b'[{"BH":"1"},{"BH":"1"]',
        b'[{"BH":"1"},{"BH" :"1"}]',
        b'[{"BH":"1"},{"BH": "1"}]',
        b'[{"BH":"1"}, {"BH":"1"}]',
        b'[{"BH":"1"},{"BH":"\\u0031"}]',
        b'[{"BH":"1"},{"\\u0042H":"1"}]',
        b'[{"BH":"1"},{"BH":"\n"}]',
        b'[{"BH":"1"},{"BH":"\xff"}]',
        b'[{"BH":"1"},{"BH":"\xed\xa0\x80"}]',
        b'[{"BH":"1"},{"BH":"1"}]}]',
        b'[{"BH":"1"},{"BH":"1"}],[{"BH":"1"}]',
        b'[{"BH":"1","XM":"2"},{"XM":"2","BH":"1"}]',
        b'[{"BH":"1","XM":"2"},{"BH":"1"},{"XM":"2"}]',
        b'[{"BH":"1","XM":"2"},{"BH":"1","XM":null,"BH":"2","XM":"2"}]',
        b'[{"BH":"}"}]',
        b'[{"BH":"1"},{"BH":"]"',
        b'[{"BH":"1","a":"' + b'"}]',
    ],
)
def test_of_any_other_text_nothing_is_believed(text: bytes) -> None:
    found = cells_of_text(text, WANTED)
    assert found is None or list(found.raw) == json.loads(text)
    assert found is None or text.endswith(b'"a":""}]')


@pytest.mark.parametrize("name", ["^BH$", "*", "#row"])
def test_a_name_that_means_more_elsewhere_is_only_a_name(name: str) -> None:
    rows = [{"BH": "1", name: "x"}, {"BH": "2", name: None}]
    found = cells_of_text(compact(rows), WANTED)
    assert found
    assert list(found.raw) == rows
    assert found.said == cells_of(rows, WANTED).said


def test_rows_are_taken_only_from_where_they_are_said_to_be() -> None:
    wrapped = compact({"rows": ROWS})
    found = cells_of_text(wrapped, WANTED, "rows")
    assert found
    assert list(found.raw) == ROWS
    assert cells_of_text(wrapped, WANTED) is None
    assert cells_of_text(wrapped, WANTED, "list") is None
    assert cells_of_text(compact(ROWS), WANTED, "rows") is None


@pytest.mark.parametrize("sign", ["{", "}", "[", "]", ",", ":", "},{", '":', "null"])
def test_signs_within_a_text_are_text(sign: str) -> None:
    rows = [{"BH": "1", "XM": "x"}, {"BH": sign, "XM": f"a{sign}b"}]
    found = cells_of_text(compact(rows), WANTED)
    assert (found is None) is ('"' in sign)
    assert found is None or list(found.raw) == rows


def test_a_page_of_too_many_columns_is_left_to_the_parser() -> None:
    assert cells_of_text(compact([{f"c{place}": "1" for place in range(201)}]), WANTED) is None


def test_a_page_nested_beyond_reason_is_left_to_the_parser() -> None:
    assert cells_of_text(b'[{"BH":"1"},' + b"[" * 200_000 + b"]" * 200_000 + b'{"BH":"1"}]', WANTED) is None
