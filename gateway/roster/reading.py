"""A roster file as batches of text columns, whatever it was written in."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gateway.errors import ConfigError
from gateway.roster.encoding import Source

COLUMNS: Final = (
    "person_no",
    "id_type",
    "id_number",
    "other_id_numbers",
    "name",
    "birth_on",
    "benefit_id",
    "benefit",
    "insured_county",
    "employer_no",
    "started_on",
    "last_certified_on",
    "last_method",
    "payment_status",
    "suspended_on",
    "spouse_survivor",
    "needs_assistance",
)
BATCH_ROWS: Final = 20_000
_BLANKS: Final = ("", "-", "null", "NULL")
_CHINA: Final = "Asia/Shanghai"


@dataclass(frozen=True)
class Rows:
    """Some rows as text, blanks as nulls; `misfits` are lines with more or fewer fields than the header."""

    lines: list[int] = field(repr=False)
    columns: dict[str, pa.Array] = field(repr=False)
    misfits: list[int]

    @property
    def count(self) -> int:
        """Rows of the file, misfits included."""
        return len(self.lines) + len(self.misfits)


def read_rows(source: Source) -> Iterator[Rows]:
    """Read a roster file in batches; lines are counted from 1, in CSV with the header.

    Raises:
        ConfigError: a column is missing or cannot be read, or a quotation mark is never closed.
    """
    batches = _parquet(source.path) if source.encoding is None else _csv(source.path, source.encoding)
    for rows in batches:
        yield Rows(rows.lines, {name: _clean(column) for name, column in rows.columns.items()}, rows.misfits)


def _clean(column: pa.Array) -> pa.Array:
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(text, value_set=pa.array(_BLANKS)), pa.scalar(None, pa.string()), text)


def _positions(name: str, header: Sequence[str]) -> list[int]:
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise ConfigError(f"{name}: no column {', '.join(missing)}; the header must name it exactly so")
    twice = [column for column in COLUMNS if header.count(column) > 1]
    if twice:
        raise ConfigError(f"{name}: column {', '.join(twice)} is there twice; remove one")
    return [header.index(column) for column in COLUMNS]


def _csv(path: Path, encoding: str) -> Iterator[Rows]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(file)
        try:
            header = [column.strip().removeprefix("\ufeff") for column in next(reader, [])]
            positions = _positions(path.name, header)
            yield from _csv_batches(path.name, reader, positions, len(header))
        except csv.Error:
            raise _unclosed(path.name, reader.line_num) from None


def _csv_batches(name: str, reader: Any, positions: list[int], width: int) -> Iterator[Rows]:
    lines: list[int] = []
    rows: list[list[str]] = []
    misfits: list[int] = []
    before = reader.line_num
    for row in reader:
        line, before = before + 1, reader.line_num
        if len(row) == width:
            lines.append(line)
            rows.append(row)
        elif before != line:
            raise _unclosed(name, line)
        elif row:
            misfits.append(line)
        if len(rows) + len(misfits) >= BATCH_ROWS:
            yield _gathered(lines, rows, misfits, positions)
            lines, rows, misfits = [], [], []
    if rows or misfits:
        yield _gathered(lines, rows, misfits, positions)


def _gathered(lines: list[int], rows: list[list[str]], misfits: list[int], positions: list[int]) -> Rows:
    values = list(zip(*rows, strict=True)) if rows else [()] * (max(positions) + 1)
    columns = {
        name: pa.array(values[position], pa.string())
        for name, position in zip(COLUMNS, positions, strict=True)
    }
    return Rows(lines, columns, misfits)


def _unclosed(name: str, line: int) -> ConfigError:
    return ConfigError(
        f"{name}: line {line}: a quotation mark is not closed; mend that line, then import again"
    )


def _parquet(path: Path) -> Iterator[Rows]:
    try:
        with pq.ParquetFile(path) as file:
            _positions(path.name, file.schema_arrow.names)
            line = 1
            for batch in file.iter_batches(BATCH_ROWS, columns=list(COLUMNS)):
                columns = {name: _text(path.name, name, batch.column(name)) for name in COLUMNS}
                yield Rows(list(range(line, line + batch.num_rows)), columns, [])
                line += batch.num_rows
    except (pa.ArrowException, OSError):
        raise ConfigError(f"{path.name}: not a readable Parquet file; export it again") from None


def _text(file: str, name: str, column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return _text(file, name, column.dictionary_decode())
    if pa.types.is_timestamp(column.type):
        return _local_days(column).cast(pa.string())
    try:
        whole = column.cast(pa.int64()) if pa.types.is_floating(column.type) else column
        return whole.cast(pa.string())
    except pa.ArrowException:
        raise ConfigError(f"{file}: column {name} is {column.type}; write it as text") from None


def _local_days(column: pa.Array) -> pa.Array:
    if column.type.tz:
        column = pc.local_timestamp(column.cast(pa.timestamp(column.type.unit, _CHINA)))
    return column.cast(pa.date32(), safe=False)
