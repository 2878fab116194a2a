"""Pages of every dataset, good and bad, for the properties that hold both interpreters equal."""

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st

from gateway import Dataset
from gateway.fields import Codes as Table
from gateway.fields import NumberText, codes_of
from gateway.intake.columns.forms import Form, form_of
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME, id_number

Row = dict[str, Any]
Cell = st.SearchStrategy[Any]

STRANGER: Final = id_number(date(1950, 12, 31), 3)
ENDING_IN_X: Final = next(
    number for order in range(1, 999) if (number := id_number(date(1944, 2, 29), order)).endswith("X")
)
FULL_WIDTH: Final = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")

BLANKS: Final = st.sampled_from(["", "-", "null", "NULL", "Null", "—", " ", "\t\n", "\u3000", " - ", "\x1f"])
ODD_TEXTS: Final = st.one_of(
    st.sampled_from(
        [
            "\x1cA\x1c", "a\x1eb\x1fc", "\ud800", "\ud83d\ude00", "𠮷野家", "A" * 500, "A" * 501,
            "界" * 400, " " * 600,
            "\x00", "\u200b", "①", "ﬁ", "\u0301e", "^a$", "*", '"', "\\", "{", "}", "[", "a,b", "\u2028",
            "\xa0B\xa0",
            "\x85C", "９９", "null ", "D", "NaN", "12345678901234567890123456789012345678901234567890",
        ]
    ),
    st.text(max_size=4),
)  # fmt: skip
WRONG_TYPES: Final = st.sampled_from(
    [5, 1.5, True, False, [], ["x"], {}, {"a": "b"}, NumberText("20260301"), NumberText("1"), 2**70]
)

NUMBERS: Final = st.sampled_from(
    [
        ID, OTHER_ID, STRANGER, ENDING_IN_X, ENDING_IN_X.lower(), ENDING_IN_X.translate(FULL_WIDTH),
        f" {ID} ",
        f"{ID[:6]} {ID[6:]}", ID[:6] + ID[8:17], OTHER_ID[:6] + OTHER_ID[8:17],
        ID[:17] + ("1" if ID[17] != "1" else "2"), ID[:17], "990101194102303", "99010119410230001X",
        "H12345678", "９９", ID.translate(FULL_WIDTH), "99010100000101001X", "000000000000000",
        "9901011941020300١X",
    ]
)  # fmt: skip
NAMES: Final = st.sampled_from(
    [
        NAME, OTHER_NAME, NAME.replace("·", "．"), NAME.replace("·", "."), f"{NAME[0]}**",
        f"{OTHER_NAME[0]}***",
        "***", "Li Ming", "Ｌｉ", "欧 阳某某", "𠮷某", "·", "\u3000", "張\uf9d1", "O'Neil", "ﬀ", "某某",
        "A.B",
    ]
)  # fmt: skip
DAYS: Final = st.sampled_from(
    [
        "20260301", "2026-03-01", "2026/03/01", "2026-03/01", "2026-03-01 10:20:30", "2026-03-01T10:20:30",
        "20260301102030",
        "2026-03-01 10:20:30.123", "2026-03-0110:20:30", "２０２６-０３-０１", " 20260301 ",
        "2026/03/01 23:59:59", "20260311", "20260312",
        "2026-03-12 00:00:00", "99991231", "00010101", "00000101", "20260229", "20240229", "19000229",
        "20000229", "20261301",
        "20260100", "2026-03-01 24:00:00", "2026-03-01 10:60:00", "2026-03-01 10:20:60", "2026.03.01",
        "soon", "2026-3-1", "20260431",
        "2026-03-01 10.20.30", "2026-03-01-10:20:30", "１2345678", "20٢60301", "202603", "2026-03",
        "2026031", "203010:20:30",
    ]
)  # fmt: skip
LOADED: Final = st.sampled_from(
    [
        "2026-03-10 09:00:00", "20260310", "2026-03-09T08:07:06", "2026/03/10 00:00:00", "20260310090000",
        "２０２６０３１０",
        "2026-03-12 12:00:00", "2026-03-12 12:00:01", "2026-03-13 00:00:00", "99991231", "2026-02-30",
        "later",
    ]
)  # fmt: skip
MONTHS: Final = st.sampled_from(
    ["202603", "2026-03", "202613", "２０２６０３", "2026", "20260301", "000001", "soon"]
)
KEYS: Final = st.sampled_from(["K-1", "K-2", "K-3", " K-1 ", "（2026）湘01刑初1号", "K\u3000", "7"])
TEXTS: Final = st.sampled_from(["SW-1", "sw-1", "长沙", "K-1", "1", "x" * 30])


def cell(form: Form, table: Table | None) -> Cell:
    """A cell of a column in any of many spellings, right and wrong, or blank, or of no sense."""
    right = {
        Form.KEY: KEYS,
        Form.TEXT: TEXTS,
        Form.CODE: st.sampled_from([*_codes(table), "0Y", " 1 ", "１", "13", ID]),
        Form.DAY: DAYS,
        Form.INSTANT: DAYS,
        Form.MONTH: MONTHS,
        Form.LOAD_TIME: LOADED,
        Form.ID_NUMBER: NUMBERS,
        Form.NAME: NAMES,
        Form.OPERATION: st.sampled_from(["I", "U", "D", "I", "U", "i", " D", "X"]),
    }[form]
    return st.one_of(right, right, right, st.none(), BLANKS, ODD_TEXTS, WRONG_TYPES)


def _codes(table: Table | None) -> list[str]:
    return [code.rstrip("*") for code in table.meanings] if table else ["1"]


def usual_cell(form: Form, table: Table | None) -> Cell:
    """What a cell mostly is: most rows say something, and some break one rule."""
    return {
        Form.KEY: st.sampled_from(["K-1", "K-2", "K-3"]),
        Form.TEXT: st.sampled_from(["SW-1", None, None]),
        Form.CODE: st.sampled_from([*_codes(table), *_codes(table), "0Y", None]),
        Form.DAY: st.sampled_from(["2026-03-01", "20260302", "2026-03-03 04:05:06", "20260320", None]),
        Form.INSTANT: st.sampled_from(["2026-03-03 04:05:06", "2026-03-02T00:00:00", None]),
        Form.MONTH: st.just("202603"),
        Form.LOAD_TIME: st.sampled_from([*["2026-03-10 09:00:00"] * 7, "2026-03-12 12:00:01"]),
        Form.ID_NUMBER: st.sampled_from([ID, OTHER_ID, STRANGER, ID, OTHER_ID, None, "bad"]),
        Form.NAME: st.sampled_from([NAME, OTHER_NAME, None]),
        Form.OPERATION: st.sampled_from(["I", "I", "U", "U", "D"]),
    }[form]


def _cells(dataset: Dataset, of: Callable[[Form, Table | None], Cell]) -> dict[str, Cell]:
    tables, found = codes_of(dataset.row), {}
    for name, field in dataset.row.model_fields.items():
        form = form_of(field)
        assert form
        found[dataset.alias(name)] = of(form, tables.get(name))
    return found


OTHER_NAMES: Final = st.sampled_from(
    ["BZ", "new", "备注", "^x$", "*", "a\x1eb", "990101194102030011", "\ud800"]
)
ANY_CELL: Final = st.one_of(TEXTS, BLANKS, WRONG_TYPES)
NO_ROWS: Final = st.sampled_from([None, 5, "row", [], ["x", 1], [["deep"]], True, 1.5, NumberText("7")])


def rows_of(dataset: Dataset) -> st.SearchStrategy[list[Any]]:
    """A page of a dataset: rows with any fault, with columns too many and too few, and what is no row."""
    cells = _cells(dataset, cell)
    good = st.fixed_dictionaries(_cells(dataset, usual_cell))
    odd_cell = st.one_of([of.map(partial(_as_row, name)) for name, of in cells.items()])
    nearly = st.builds(lambda row, one, other: row | one | other, good, odd_cell, odd_cell)
    more = st.builds(lambda row, name, value: row | {name: value}, nearly, OTHER_NAMES, ANY_CELL)
    less = st.builds(_without, nearly, st.sampled_from(sorted(cells)))
    turned = nearly.map(lambda row: dict(reversed(row.items())))
    any_row = st.one_of(nearly, st.fixed_dictionaries(cells), less, more, turned, NO_ROWS)
    usual = st.one_of(good, nearly)
    return st.one_of(
        st.lists(usual, max_size=8),
        st.lists(st.one_of(usual, any_row), max_size=8),
        st.builds(_with_column, st.lists(usual, max_size=6), OTHER_NAMES, ANY_CELL),
        st.builds(_without_column, st.lists(usual, max_size=6), st.sampled_from(sorted(cells))),
    )


def _as_row(name: str, value: object) -> Row:
    return {name: value}


def _without(row: Row, name: str) -> Row:
    return {column: value for column, value in row.items() if column != name}


def _with_column(rows: list[Row], name: str, value: object) -> list[Row]:
    return [row | {name: value} for row in rows]


def _without_column(rows: list[Row], name: str) -> list[Row]:
    return [_without(row, name) for row in rows]


def texts_of(dataset: Dataset) -> st.SearchStrategy[bytes]:
    """The text of a page, in the usual spelling of JSON or another one, and broken by a hand."""
    usual = st.lists(st.fixed_dictionaries(_cells(dataset, usual_cell)), min_size=1, max_size=6)
    styles = st.sampled_from([(",", ":"), (", ", ": "), (" ,", ":")])
    rows = st.one_of(usual, usual, rows_of(dataset))
    if dataset.rows_in is not None:
        rows = st.one_of(rows.map(partial(_as_row, dataset.rows_in)), rows)
    written = st.builds(_written, rows, styles, st.booleans())
    return st.one_of(written, st.builds(_broken, written, BREAKS))


def _written(rows: object, style: tuple[str, str], escaped: bool) -> bytes:  # noqa: FBT001 - drawn
    text = json.dumps(rows, ensure_ascii=escaped, separators=style, default=str)
    return text.encode("utf-8", "surrogatepass")


BREAKS: Final = st.tuples(
    st.sampled_from(
        [
            ('"2026-03-01"', "20260301"), ('"I"', '"I","op":"U"'), ('"I"', "1e400"), ("null", "9" * 400),
            ("null", "true"),
            ("}]", "}, ]"), ("},{", "}, {"), ("},{", "}{"), ("},{", "},\n{"), ('"op"', '"\\u006fp"'),
            ('"I"', '"\\u0049"'),
            ("null", "[]"), ("null", '{"a":null}'), ("[{", "[[{"), ("}]", "}]]"), ('"I"', '"I" '),
            (":null", ": null"),
            ("null", "nul"), ("null", "NaN"), ('"op":"I",', ""), ("[{", "\ufeff[{"),
            ('"K-1"', '"K-1","new":"x"'), ("}]", '},"x"]'),
            ("}]", "},{}]"), ('"K-2"', '"K-2"}') , ("}", ""), ("[", ""), ('"K-1"', '"K\n1"'), ('":', '" :'),
        ]
    ),
    st.integers(1, 2),
)  # fmt: skip


def _broken(text: bytes, change: tuple[tuple[str, str], int]) -> bytes:
    (old, new), times = change
    return text.replace(old.encode(), new.encode(), times)


def moments() -> st.SearchStrategy[datetime]:
    """When pages arrive: a day after most rows were loaded, or before."""
    return st.sampled_from([datetime(2026, 3, 11, 12), datetime(2026, 3, 9, 9), datetime(2030, 1, 1)])  # noqa: DTZ001 - Asia/Shanghai, unsaid
