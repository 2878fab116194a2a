from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.errors import ConfigError
from gateway.roster.encoding import REPLACEMENT, examine
from gateway.roster.reading import COLUMNS, read_rows
from tests.unit.roster.files import Row, id_number, row, text, write

Columns = dict[str, list[str | None]]
Read = Callable[..., Columns]


def read(path: Path, encoding: str | None = None) -> Columns:
    """Every column of a file, with its lines and misfits beside."""
    found: Columns = {name: [] for name in ("line", "misfit", *COLUMNS)}
    for rows in read_rows(examine(path, encoding)):
        found["line"] += map(str, rows.lines)
        found["misfit"] += map(str, rows.misfits)
        for name, column in rows.columns.items():
            found[name] += column.to_pylist()
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    rare = row(1, name="测试·㐀𠮷")
    found = read(write(tmp_path / "roster.csv", [rare, row(2)], encoding))
    assert found["name"] == ["测试·㐀𠮷", row(2)["name"]]
    assert found["person_no"] == ["P1", "P2"]
    assert found["line"] == ["2", "3"]


def test_an_encoding_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "roster.csv", [row(1)], "gb18030")
    assert read(path, "GBK")["name"] == [row(1)["name"]]
    with pytest.raises(ConfigError, match="encoding klingon: unknown"):
        examine(path, "klingon")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_damaged_character_costs_one_character(tmp_path: Path, encoding: str) -> None:
    rows = [row(1, name="测试某甲"), row(2, name="测试某乙"), row(3, employer_no="甲" * 50)]
    path = write(tmp_path / "roster.csv", rows, encoding)
    broken = "乙".encode(encoding)[:-1] + b","
    path.write_bytes(path.read_bytes().replace("乙,".encode(encoding), broken))
    found = read(path)
    assert found["name"][0] == "测试某甲"
    assert REPLACEMENT in (found["name"][1] or "")
    assert found["employer_no"][2] == "甲" * 50
    assert found["person_no"] == ["P1", "P2", "P3"]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(bytes([255, 128]) * 500)
    with pytest.raises(ConfigError, match=r"roster.csv: neither UTF-8 nor GB18030 nor Parquet"):
        examine(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"roster.csv: cannot be read \(No such file"):
        examine(tmp_path / "roster.csv")


def test_every_missing_column_is_named(tmp_path: Path) -> None:
    columns = [name for name in COLUMNS if name not in {"name", "suspended_on"}]
    (tmp_path / "roster.csv").write_text(text([row(1)], columns))
    with pytest.raises(ConfigError, match="no column name, suspended_on; the header must name it exactly so"):
        read(tmp_path / "roster.csv")


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").touch()
    with pytest.raises(ConfigError, match="no column person_no"):
        read(tmp_path / "roster.csv")


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(text([row(1)], [*COLUMNS, "name"]))
    with pytest.raises(ConfigError, match="column name is there twice"):
        read(tmp_path / "roster.csv")


def test_columns_may_stand_in_any_order_and_others_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(text([row(1) | {"bank": "1"}], ["bank", *reversed(COLUMNS)]))
    found = read(tmp_path / "roster.csv")
    assert found["person_no"] == ["P1"]
    assert "bank" not in found


@pytest.mark.parametrize("blank", ["", " ", "-", "null", "NULL", "　"])
def test_a_blank_value_is_none(tmp_path: Path, blank: str) -> None:
    assert read(write(tmp_path / "roster.csv", [row(1, employer_no=blank)]))["employer_no"] == [None]


def test_a_row_of_another_width_is_left_out_by_its_line(tmp_path: Path) -> None:
    lines = text([row(1), row(2), row(3)]).splitlines()
    lines[2] += ",one more"
    lines[3] = "one less"
    (tmp_path / "roster.csv").write_text("\n".join([*lines, "", *text([row(4)]).splitlines()[1:]]))
    found = read(tmp_path / "roster.csv")
    assert (found["person_no"], found["line"]) == (["P1", "P4"], ["2", "6"])
    assert found["misfit"] == ["3", "4"]


def test_a_quoted_line_break_does_not_shift_the_lines(tmp_path: Path) -> None:
    found = read(write(tmp_path / "roster.csv", [row(1, employer_no="E\n1"), row(2)]))
    assert found["line"] == ["2", "4"]


@pytest.mark.parametrize("rows_after", [2, 3_000])
def test_a_quotation_mark_that_is_not_closed_swallows_nobody(tmp_path: Path, rows_after: int) -> None:
    stray = write(tmp_path / "roster.csv", [row(1, employer_no="STRAY"), *([row(2)] * rows_after)])
    stray.write_text(stray.read_text().replace("STRAY", '"STRAY'))
    with pytest.raises(ConfigError, match=r"roster.csv: line \d+: a quotation mark is not closed"):
        read(stray)


def parquet(path: Path, rows: list[Row], **typed: pa.Array) -> Path:
    columns = {name: pa.array([each[name] for each in rows]) for name in COLUMNS}
    pq.write_table(pa.table(columns | typed), path)
    return path


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    found = read(parquet(tmp_path / "roster.parquet", [row(1), row(2)]))
    assert found["name"] == [row(1)["name"], row(2)["name"]]
    assert found["last_method"] == [None, None]
    assert found["line"] == ["1", "2"]


def test_parquet_columns_may_have_types(tmp_path: Path) -> None:
    late = datetime(2026, 2, 28, 17, tzinfo=UTC)
    path = parquet(
        tmp_path / "roster.parquet",
        [row(1), row(2)],
        birth_on=pa.array([date(1960, 3, 15), None]),
        started_on=pa.array([datetime(2020, 3, 1), None]),  # noqa: DTZ001 - a column without a time zone
        suspended_on=pa.array([late, None], pa.timestamp("ms", "UTC")),
        spouse_survivor=pa.array([True, False]),
        needs_assistance=pa.array([1.0, None]),
        insured_county=pa.array([430102, None]),
        benefit=pa.array(["employee_pension"] * 2).dictionary_encode(),
        id_number=pa.array([id_number(1), id_number(2)], pa.large_string()),
    )
    found = read(path)
    assert found["birth_on"] == ["1960-03-15", None]
    assert found["started_on"] == ["2020-03-01", None]
    assert found["suspended_on"] == ["2026-03-01", None]
    assert found["spouse_survivor"] == ["true", "false"]
    assert found["needs_assistance"] == ["1", None]
    assert found["insured_county"] == ["430102", None]
    assert found["benefit"] == ["employee_pension"] * 2
    assert found["id_number"] == [id_number(1), id_number(2)]


@pytest.mark.parametrize("column", [[["测试"]], [0.5]])
def test_a_parquet_column_of_another_kind_is_named(tmp_path: Path, column: list[object]) -> None:
    path = parquet(tmp_path / "roster.parquet", [row(1)], name=pa.array(column))
    with pytest.raises(ConfigError, match=r"column name is (list|double)"):
        read(path)


def test_a_parquet_file_without_a_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"person_no": ["P1"]}), tmp_path / "roster.parquet")
    with pytest.raises(ConfigError, match="no column id_type"):
        read(tmp_path / "roster.parquet")


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "roster.parquet", [row(1)])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ConfigError, match="not a readable Parquet file"):
        read(path)
