"""Rows as the text that is sealed: JSON objects, XML elements, CSV lines; joined to pages."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.data.departments import Columns

_XML: Final = '<?xml version="1.0" encoding="UTF-8"?><MDEML><body>', "</body></MDEML>"


def json_rows(columns: Columns, *, in_order: bool = False) -> pa.Array:
    """An object for each row, compact; `in_order` sorts the names, as what is signed wants them."""
    names = sorted(columns) if in_order else [*columns]
    pieces: list[str | pa.Array] = ["{"]
    for place, name in enumerate(names):
        comma = "," if place else ""
        pieces.extend(_member(f'{comma}"{name}":', columns[name]))
    return _joined([*pieces, "}"], len(_any(columns)))


def xml_rows(columns: Columns) -> pa.Array:
    """A `<data>` element for each row; nothing becomes an empty element. Our texts hold nothing to escape."""
    pieces: list[str | pa.Array] = ["<data>"]
    for name, column in columns.items():
        text = [] if column is None else [pc.fill_null(column, "")]
        pieces += [f"<{name}>", *text, f"</{name}>"]
    return _joined([*pieces, "</data>"], len(_any(columns)))


def csv_rows(columns: Columns) -> pa.Array:
    """A line for each row. Our texts hold nothing to quote."""
    pieces: list[str | pa.Array] = []
    for column in columns.values():
        pieces += [pc.fill_null(column, "") if column is not None else "", ","]
    return _joined([*pieces[:-1], "\r\n"], len(_any(columns)))


def pages(rows: pa.Array, size: int, separator: str = ",") -> list[bytes]:
    """So many rows each, joined."""
    starts = [*range(0, len(rows), size), len(rows)]
    grouped = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), rows)
    return [str(page).encode() for page in pc.binary_join(grouped, separator).to_pylist()]


def xml_document(page: bytes) -> bytes:
    """The document around a page's elements."""
    return _XML[0].encode() + page + _XML[1].encode()


def _member(name: str, column: pa.Array | None) -> list[str | pa.Array]:
    if column is None:
        return [f"{name}null"]
    if column.null_count:
        quoted = pc.binary_join_element_wise('"', column, '"', "")
        return [name, pc.fill_null(quoted, "null")]
    return [f'{name}"', column, '"']


def _joined(pieces: list[str | pa.Array], count: int) -> pa.Array:
    """One text for each row from texts that are the same in all and columns; neighbours are merged first."""
    merged: list[str | pa.Array] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    if len(merged) == 1:
        return pa.array(np.repeat(str(merged[0]), count), pa.string())
    return pc.binary_join_element_wise(*merged, "")


def _any(columns: Columns) -> pa.Array:
    return next(column for column in columns.values() if column is not None)
