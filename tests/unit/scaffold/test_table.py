"""Sample files as they come, and as they should not come."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import RequestError
from gateway.scaffold.table import read_table

Written = Callable[..., Path]
ROWS = [{"XM": "张三", "N": "1"}, {"XM": "李四", "N": None}]
CSV = "XM,N\n张三,1\n李四,\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps(ROWS), id="a JSON array"),
        pytest.param(json.dumps({"rows": ROWS}), id="rows"),
        pytest.param(json.dumps({"code": "0", "data": {"total": 2, "rows": ROWS}}), id="a reply"),
        pytest.param("\n\n".join(map(json.dumps, ROWS)), id="JSON lines"),
        pytest.param(json.dumps(ROWS, ensure_ascii=False).encode("gb18030"), id="JSON in GB18030"),
        pytest.param("\ufeff" + json.dumps(ROWS), id="JSON with a BOM"),
        pytest.param(CSV, id="CSV"),
        pytest.param(CSV.encode("gb18030"), id="CSV in GB18030"),
        pytest.param("\ufeff" + CSV.replace("\n", "\r\n"), id="CSV with a BOM and carriage returns"),
        pytest.param(CSV.replace(",", "\t"), id="tabs"),
        pytest.param(CSV.replace(",", ";"), id="semicolons"),
        pytest.param(CSV + "\n\n", id="empty lines"),
    ],
)
def test_the_same_rows_in_every_form(written: Written, content: str | bytes) -> None:
    table = read_table(written(content))
    assert table.columns == ("XM", "N")
    assert table.values("XM") == ["张三", "李四"]
    assert [value or None for value in table.values("N")] == ["1", None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "holds no row", id="empty"),
        pytest.param(" \n", "column 1 has no name", id="blank"),
        pytest.param("[]", "no list of rows", id="no rows"),
        pytest.param("[{}]", "holds no row", id="an empty row"),
        pytest.param('{"rows": []}', "no list of rows", id="rows without a row"),
        pytest.param('{"张三": {"XM": "张三"}}', "no list of rows", id="people as keys"),
        pytest.param("[1, 2]", "no list of rows", id="numbers"),
        pytest.param('[{"XM": "张三"}, "李四"]', "no list of rows", id="a row that is none"),
        pytest.param('[{"XM": "张三"', "line 1 is no JSON row", id="cut short"),
        pytest.param('{"XM": "张三"}\n{"XM": 李四}', "line 2 is no JSON row", id="a bad line"),
        pytest.param('[{"XM": "张三", "XM": "李四"}]', "column twice", id="a JSON key twice"),
        pytest.param("[" * 100_000, "no JSON row", id="nested beyond reason"),
        pytest.param("XM,XM\n张三,李四\n", "columns 1 and 2 have one name", id="a header twice"),
        pytest.param("XM,\n张三,李四\n", "column 2 has no name", id="a column without a name"),
        pytest.param("XM,N\n张三\n", "row 1 has 1 cells, the first line 2", id="a short line"),
        pytest.param("XM,N\n张三,1,2\n", "row 1 has 3 cells, the first line 2", id="a long line"),
        pytest.param("XM,N\n", "holds no row", id="a header alone"),
        pytest.param('XM,N\n"' + "x" * 1_000_000 + '",1\n', "line 2 is no CSV", id="a cell of a megabyte"),
        pytest.param("张三,990101194001010016\n李四,1\n", "column 2 has no usable name", id="no header"),
        pytest.param("张三,20260801\n李四,1\n", "column 2 has no usable name", id="a date as header"),
        pytest.param("张三,H2026001\n李四,1\n", "column 2 has no usable name", id="a key as header"),
        pytest.param('[{"990101194001010016": 1}]', "column 1 has no usable name", id="an ID number as key"),
        pytest.param('[{"a\\"b": 1}]', "column 1 has no usable name", id="a quote in a name"),
        pytest.param('[{"' + "x" * 41 + '": 1}]', "column 1 has no usable name", id="an endless name"),
        pytest.param('[{"\\u202eXM": 1}]', "column 1 has no usable name", id="a name from right to left"),
        pytest.param(b"PK\x03\x04xyz", "a spreadsheet", id="a spreadsheet"),
        pytest.param("XM\n张三".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(b"XM\n\xff\xff\xff", "neither UTF-8 nor GB18030", id="another encoding"),
    ],
)
def test_what_cannot_be_read_is_named_without_a_value(
    written: Written, content: str | bytes, said: str
) -> None:
    with pytest.raises(RequestError, match=said) as caught:
        read_table(written(content))
    text = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert "sample.json" in text
    assert not isinstance(caught.value.__context__, ValueError)
    assert not any(each in text for each in ("张三", "李四", "990101", "xxx"))


def test_a_megabyte_in_a_json_cell_is_only_a_long_text(written: Written) -> None:
    table = read_table(written(json.dumps([{"XM": "x" * 1_000_000}])))
    assert len(table.values("XM")[0] or "") == 1_000_000


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"nowhere\.json: cannot be read"):
        read_table(tmp_path / "nowhere.json")


def test_numbers_stay_as_they_are_written_and_other_values_are_untidy(written: Written) -> None:
    table = read_table(written('[{"a": 1.10, "b": ' + "9" * 5000 + ', "c": true, "d": {"e": 1}, "f": NaN}]'))
    assert table.values("a") == ["1.10"]
    assert table.values("b") == ["9" * 5000]
    assert table.untidy == {"c", "d", "f"}


def test_a_table_shows_no_row(written: Written) -> None:
    assert "张三" not in repr(read_table(written(CSV)))
