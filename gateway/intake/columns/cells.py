"""A page as columns of texts, with what is known of its rows: which are flat, and whether all are alike."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gateway.crypto.layout import written
from gateway.fields import NumberText
from gateway.identity import in_bytes
from gateway.intake.content import CELL, OF_THE_LOAD, VALUE, canonical

Bools = NDArray[np.bool_]

MOST_COLUMNS: Final = 200
"""Rows with more columns than that are looked at one by one."""

_PLAIN: Final = frozenset({str, type(None)})
_SEPARATORS: Final = r"[\x1c-\x1f]"
"""Python takes them for white space and Polars does not, and canonical texts are put together with them."""


@dataclass(frozen=True)
class Cells:
    """The rows of one page.

    `frame` holds the wanted columns as texts, by the name of their field. A row is `flat` if it is an object
    whose wanted cells are texts or null and can be told from the frame; only such a row may be read from it.
    `numbers` tells which rows hold a number where text is due. `alike` are the columns of every row, where
    all have the same ones. `said` is every row's canonical text, had it not been deleted; `raw` are the rows
    as they came.
    """

    frame: pl.DataFrame = field(repr=False)
    flat: Bools
    numbers: Bools
    alike: tuple[str, ...] | None
    said: Sequence[bytes] = field(repr=False)
    raw: Sequence[object] = field(repr=False)


class _Column(NamedTuple):
    texts: pl.Series
    odd: Bools
    numbers: Bools


def cells_of(rows: Sequence[object], wanted: Mapping[str, str]) -> Cells:
    """Lay rows out in columns; what is no object, or holds anything but texts, stays a row.

    `wanted` has the data dictionary's name of a column for every field.
    """
    flat = np.fromiter((type(raw) is dict for raw in rows), np.bool_, len(rows))
    found: list[Mapping[object, object]] = [raw if type(raw) is dict else {} for raw in rows]
    alike = _alike(found) if flat.all() else None
    by_name = dict(zip(alike, _transposed(found, alike), strict=True)) if alike else {}
    columns = {
        name: _column(by_name.get(name) or [raw.get(name) for raw in found]) for name in wanted.values()
    }
    odd, numbers = (
        np.any([getattr(column, what) for column in columns.values()], axis=0) for what in ("odd", "numbers")
    )
    frame = pl.DataFrame({field: columns[name].texts for field, name in wanted.items()})
    said = _said_alike(by_name, columns) if alike else None
    return Cells(frame, flat & ~odd, numbers, alike, said or _said(rows), rows)


def _alike(rows: Sequence[Mapping[object, object]]) -> tuple[str, ...] | None:
    """The columns that all rows have, if they have the same and not too many."""
    shapes = set(map(tuple, rows))
    names: tuple[Any, ...] = min(shapes, key=len, default=())
    same = len(names) <= MOST_COLUMNS and all(type(name) is str for name in names)
    return names if same and names and len(set(map(frozenset, shapes))) == 1 else None


def _transposed(rows: Sequence[Mapping[object, object]], names: tuple[str, ...]) -> list[Sequence[object]]:
    if len(names) == 1:
        return [[raw[names[0]] for raw in rows]]
    return list(zip(*map(itemgetter(*names), rows), strict=True))


def _column(cells: Sequence[object]) -> _Column:
    kinds = set(map(type, cells))
    nowhere = np.zeros(len(cells), np.bool_)
    numbers = nowhere
    odd = nowhere
    if not kinds <= _PLAIN:
        numbers = np.fromiter((type(cell) is NumberText for cell in cells), np.bool_, len(cells))
        odd = np.fromiter((not isinstance(cell, str | None) for cell in cells), np.bool_, len(cells))
        cells = [str(cell) if isinstance(cell, str) else None for cell in cells]
    texts, broken = _series(cells)
    if texts.str.contains(_SEPARATORS).any():
        odd = odd | texts.str.contains(_SEPARATORS).fill_null(value=False).to_numpy()
    return _Column(texts, odd | broken, numbers)


def _series(cells: Sequence[object]) -> tuple[pl.Series, Bools]:
    """A column, and where a text holds half of a surrogate pair and cannot be laid out."""
    try:
        return pl.Series(cells, dtype=pl.String), np.zeros(len(cells), np.bool_)
    except UnicodeEncodeError:
        broken = np.fromiter((_is_broken(cell) for cell in cells), np.bool_, len(cells))
        whole = [None if is_broken else cell for cell, is_broken in zip(cells, broken, strict=True)]
        return pl.Series(whole, dtype=pl.String), broken


def _is_broken(cell: object) -> bool:
    if not isinstance(cell, str):
        return False
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


def _said(rows: Sequence[object]) -> list[bytes]:
    return [in_bytes(canonical(raw, deleted=False)) for raw in rows]


def _said_alike(
    by_name: Mapping[str, Sequence[object]], columns: Mapping[str, _Column]
) -> list[bytes] | None:
    """The canonical texts of rows that are alike, unless a cell is anything but a plain text."""
    others = {name: _column(by_name[name]) for name in by_name if name not in columns}
    found = {name: columns.get(name) or others[name] for name in by_name}
    if any(column.odd.any() for column in found.values()) or not all(map(is_usual, found)):
        return None
    return said_in(pl.DataFrame({name: column.texts for name, column in found.items()}))


def is_usual(name: str) -> bool:
    """Whether a column's name stands for itself in a canonical text."""
    return not (_is_broken(name) or re.search(_SEPARATORS, name))


def said_in(cells: pl.DataFrame) -> list[bytes]:
    """The canonical texts of rows whose cells are all here and hold no separator; see `content.canonical`."""
    said = [name for name in sorted(cells.columns) if name not in OF_THE_LOAD]
    return written(cells[said], f"{CELL}{{}}{VALUE}") if said else [b""] * len(cells)
