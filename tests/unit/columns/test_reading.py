"""A column is read as its field type reads every cell."""

import unicodedata
from datetime import date, timedelta
from typing import Any, Final

import polars as pl
import pytest

from gateway.fields import BLANKS, UnusableId
from gateway.identity import IdNumber, PersonName
from gateway.intake.columns.forms import Form, read_as
from gateway.intake.columns.reading import Read, read_columns
from gateway.spelling import Packed, id_numbers, instants
from tests.unit.core.people import ID, NAME, OTHER_ID, id_number

FAULTY: Final = "a rule is broken"
UNUSABLE: Final = "the ID number breaks a rule"
FORMS: Final = [form for form in Form if form is not Form.OPERATION]
EVERYWHERE: Final = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
SEPARATORS: Final = "\x1c\x1d\x1e\x1f"


def read(form: Form, *cells: str | None) -> Read:
    return read_columns({"x": form}, pl.DataFrame({"x": pl.Series(cells, dtype=pl.String)}))["x"]


def told(found: Read) -> list[Any]:
    """Every cell as a value, or what is wrong with it."""
    return [
        FAULTY if faulty else UNUSABLE if unusable else value
        for value, faulty, unusable in zip(
            found.values.to_list(), found.faulty.tolist(), found.unusable.tolist(), strict=True
        )
    ]


def expected(form: Form, cell: str | None) -> Any:
    """What the field type makes of a cell."""
    try:
        value = read_as(Form.DAY if form is Form.INSTANT else form, cell)
    except ValueError:
        return FAULTY
    if isinstance(value, UnusableId):
        return UNUSABLE
    return value.reveal() if isinstance(value, IdNumber | PersonName) else value


SPELLINGS: Final[list[str | None]] = [
    None, *sorted(BLANKS), " ", " 1 ", "１", "20260301", "2026-03-01", "2026/03/01", "2026-03/01",
    "2026-03-01 10:20:30",
    "2026-03-01T10:20:30", "2026/03/01 10:20:30", "2026-03-01 10:20:30.5", "20260301102030",
    "2026-03-0110:20:30", "２０２６０３０１",
    "20260229", "20240229", "19000229", "20000229", "20261301", "20260100", "20260132", "00000101",
    "00010101", "99991231",
    "2026-03-01 24:00:00", "2026-03-01 10:60:00", "2026-03-01 10:20:60", "2026-03-01+10:20:30",
    "2026-03-01 10-20:30", "soon",
    "202603", "2026-03", ID, OTHER_ID, ID[:6] + ID[8:17], f" {ID} ", ID.replace("0", "０"), ID[:17],
    f"{ID}0", ID[:17] + "x", ID[:17] + "Y",
    "9901011941020300A1", "990101194102300011", NAME, "Li Ming", "Ｌｉ", "A.B", "·", "张*三", "x" * 500,
    "x" * 501, "界" * 500, "界" * 501,
    " " * 600, "\u200b", "K\u3000", "\ufeffK", "①",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_spelling_is_read_as_the_field_type_reads_it(form: Form) -> None:
    assert told(read(form, *SPELLINGS)) == [expected(form, cell) for cell in SPELLINGS]


@pytest.mark.parametrize("form", FORMS)
def test_a_column_without_cells(form: Form) -> None:
    assert told(read(form)) == []


@pytest.mark.parametrize("form", [Form.KEY, Form.CODE, Form.NAME])
def test_every_character_is_normalised_as_the_field_type_does(form: Form) -> None:
    cells = [f"a{sign}" for sign in EVERYWHERE[:0x10000] if sign not in SEPARATORS]
    wanted = [expected(form, cell) for cell in cells]
    assert told(read(form, *cells)) == wanted


def test_white_space_is_what_python_takes_for_it_but_for_the_separators() -> None:
    trimmed = pl.Series(EVERYWHERE).str.strip_chars().to_list()
    differing = {sign for sign, left in zip(EVERYWHERE, trimmed, strict=True) if sign.strip() != left}
    assert differing == set(SEPARATORS)


def test_every_day_of_four_centuries() -> None:
    days = [date(1899, 1, 1) + timedelta(days=place) for place in range(146_097 + 365)]
    for spelling in ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d 00:00:00"):
        found = read(Form.DAY, *(f"{day:{spelling}}" for day in days))
        assert found.values.to_list() == days


def test_days_that_do_not_exist() -> None:
    texts = [
        f"{year}{month:02}{day:02}"
        for year in (1900, 2000, 2023, 2024)
        for month in range(100)
        for day in range(100)
    ]
    assert told(read(Form.DAY, *texts)) == [expected(Form.DAY, text) for text in texts]


def test_times_of_day() -> None:
    texts = [
        f"2026-03-01 {hour:02}:{minute:02}:{minute:02}" for hour in range(30) for minute in range(0, 100, 7)
    ]
    assert told(read(Form.LOAD_TIME, *texts)) == [expected(Form.LOAD_TIME, text) for text in texts]


def test_id_numbers_with_every_last_character() -> None:
    bodies = [id_number(date(1940, 1, 1) + timedelta(days=97 * place), place)[:17] for place in range(200)]
    numbers = [body + last for body in bodies for last in "0123456789Xx-"]
    assert told(read(Form.ID_NUMBER, *numbers)) == [expected(Form.ID_NUMBER, number) for number in numbers]


def test_what_is_read_quickly_is_only_what_is_right() -> None:
    texts = Packed.of(pl.Series([ID, None, "20260301", "x" * 18, "界" * 6, "界" * 3 + "1"]))
    assert id_numbers(texts)[0].tolist() == [True, False, False, False, False, False]
    assert instants(texts)[1].tolist() == [False, False, True, False, False, False]


def test_a_part_of_a_column_is_packed_as_it_stands() -> None:
    column = pl.Series(["20260301", "20260302", None, "20260303"])
    assert instants(Packed.of(column[1:]))[1].tolist() == [True, False, True]


def test_normalising_leaves_what_is_taken_for_normal() -> None:
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    assert all(unicodedata.normalize("NFKC", sign) == sign for sign in [*han, "·"])
