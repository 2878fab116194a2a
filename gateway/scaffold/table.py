"""Reads a sample file into columns and rows; what it says of a file that it cannot read holds no value."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gateway.errors import RequestError
from gateway.scaffold.plan import MAX_COLUMN

_MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_ROWS: Final = 20_000
_PLAUSIBLE: Final = re.compile(r"[^\W\d][\w .()（）/:-]*")
_LONG_NUMBER: Final = re.compile(r"\d{5,}")
_UNREADABLE: Final = object()
_AS_CSV: Final = "export it again as CSV or JSON in UTF-8"
_PACKED: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WIDE_TEXT: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Table:
    """Column names and rows of a sample file; a cell is a text or None.

    `untidy` names the columns that held something else than text or numbers. A table never shows its rows.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str | None], ...] = field(repr=False)
    untidy: frozenset[str] = frozenset()

    def values(self, column: str) -> list[str | None]:
        """Every cell of a column, in the order of the rows."""
        return [row.get(column) for row in self.rows]


def read_table(path: Path) -> Table:
    """Read JSON (an array, `{"rows": […]}` or a row a line) or CSV, in UTF-8 or GB18030.

    Raises:
        RequestError: the file is none of these, or its first line holds no column names.
    """
    text = _text(path)
    rows = _json_rows(path, text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(path, text)
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    _check_columns(path, columns)
    if not rows or not columns:
        raise RequestError(f"{path.name}: holds no row: give it a row or two, with their column names")
    return _as_table(columns, rows)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise RequestError(
            f"--from-sample {path}: cannot be read ({error.strerror}): name a readable file"
        ) from None
    if size > _MOST_BYTES:
        raise RequestError(f"{path.name}: is larger than 64 MiB: some thousand rows are enough")
    if raw.startswith(_PACKED):
        raise RequestError(f"{path.name}: is a spreadsheet or an archive: {_AS_CSV}")
    if raw.startswith(_WIDE_TEXT):
        raise RequestError(f"{path.name}: is in UTF-16: {_AS_CSV}")
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    raise RequestError(f"{path.name}: is neither UTF-8 nor GB18030: {_AS_CSV}")


def _json_rows(path: Path, text: str) -> list[dict[str, Any]]:
    found = _whole(text)
    listed = _list_in(_by_line(path, text) if found is _UNREADABLE else found)
    rows = [row for row in listed if isinstance(row, dict)][:_MOST_ROWS]
    if not rows or len(rows) < min(len(listed), _MOST_ROWS):
        raise RequestError(
            f'{path.name}: is no list of rows: write [{{…}}, …], {{"rows": [{{…}}, …]}} or a row a line'
        )
    return rows


def _list_in(found: Any) -> list[Any]:
    """The list of rows: all of it, or what `rows` or `data` hold; a single row is a list of one."""
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        for name in ("rows", "data"):
            if inner := _list_in(found.get(name)):
                return inner
        return [] if all(isinstance(cell, dict | list) for cell in found.values()) else [found]
    return []


def _whole(text: str) -> Any:
    # Told by a value, so that no library's error rides along with the text in it.
    with suppress(ValueError, RecursionError):
        return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_members)
    return _UNREADABLE


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a column twice in one row")
    return members


def _by_line(path: Path, text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        row = _whole(line) if line.strip() else None
        if row is _UNREADABLE:
            raise RequestError(
                f"{path.name}: line {number} is no JSON row, or holds a column twice: mend it, or {_AS_CSV}"
            )
        rows += [] if row is None else [row]
    return rows


def _csv_rows(path: Path, text: str) -> list[dict[str, Any]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        header = [cell.strip() for cell in next(lines, [])]
        _check_header(path, header)
        return list(_named(path, header, lines))
    except csv.Error:
        raise RequestError(
            f"{path.name}: line {lines.line_num} is no CSV, or holds a cell of more than 128 KiB: "
            "mend or shorten it"
        ) from None


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",\t;|", key=first.count)


def _check_header(path: Path, header: Sequence[str]) -> None:
    for place, name in enumerate(header, 1):
        if not name:
            raise RequestError(f"{path.name}: column {place} has no name in the first line: give it one")
        if name in header[: place - 1]:
            first = header.index(name) + 1
            raise RequestError(f"{path.name}: columns {first} and {place} have one name: give each its own")


def _named(path: Path, header: list[str], lines: Iterator[list[str]]) -> Iterator[dict[str, Any]]:
    for number, line in zip(range(_MOST_ROWS), (line for line in lines if line), strict=False):
        if len(line) != len(header):
            raise RequestError(
                f"{path.name}: row {number + 1} has {len(line)} cells, the first line {len(header)}: mend it"
            )
        yield dict(zip(header, line, strict=True))


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    """A file without column names would have its first row's people taken for names of columns."""
    for place, name in enumerate(columns, 1):
        if len(name) > MAX_COLUMN or not _PLAUSIBLE.fullmatch(name) or _LONG_NUMBER.search(name):
            raise RequestError(
                f"{path.name}: column {place} has no usable name: the first line (or the keys of a JSON row) "
                f"names the columns, in at most {MAX_COLUMN} letters, digits and _"
            )


def _as_table(columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> Table:
    untidy = {
        name for row in rows for name, cell in row.items() if not (cell is None or isinstance(cell, str))
    }
    plain = tuple(
        {name: cell if isinstance(cell, str) else None for name, cell in row.items()} for row in rows
    )
    return Table(columns, plain, frozenset(untidy))
