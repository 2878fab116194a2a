"""Texts with gaps, filled for many rows at once: parts are gathered and joined by column, not row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Places = NDArray[np.int64]

_SAME: Final = 0
"""The column of what is the same for all rows: it begins at nought everywhere."""


@dataclass(frozen=True)
class Gap:
    """Where a row's own text stands: its value in a column, or an item of that, by number."""

    column: str
    number: int = 0


@dataclass(frozen=True)
class Form:
    """A text with gaps: what is the same for all as it stands, and gaps between."""

    parts: tuple[str | Gap, ...]

    @classmethod
    def of(cls, text: str, marks: Mapping[str, Gap]) -> Self:
        """The form of a text in which marks stand for gaps; no mark is part of another."""
        parts: list[str | Gap] = [text]
        for mark, gap in marks.items():
            if mark in text:
                parts = [piece for part in parts for piece in _split(part, mark, gap)]
        return cls(tuple(part for part in parts if part))


@dataclass(frozen=True)
class Own:
    """What fills the gaps of some rows: the texts of all columns, and where in them each row's begin.

    `begins` has a column for each of `columns`, which says of which number, after one of noughts.
    """

    columns: Mapping[str, int]
    texts: pa.Array = field(repr=False)
    begins: Places = field(repr=False)

    @classmethod
    def of(cls, columns: Mapping[str, pa.Array]) -> Self:
        """Columns of texts, or of lists of texts, each of which has as many rows."""
        found, begins, base = [pa.array([], pa.string())], [], 0
        for column in columns.values():
            texts, counts = _texts_and_counts(column)
            begins.append(base + np.cumsum(counts) - counts)
            found.append(texts)
            base += len(texts)
        numbers = {name: number for number, name in enumerate(columns, _SAME + 1)}
        return cls(numbers, pa.concat_arrays(found), np.column_stack([np.zeros_like(begins[0]), *begins]))


def filled(forms: Sequence[Form | None], which: Places, rows: Places, own: Own) -> pa.Array:
    """A text for each of `rows`: the form of the number `which`, its gaps filled; null where that is none."""
    parts = [form.parts if form else () for form in forms]
    columns, numbers, same = _numbered(parts, own)
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    starts, counts = np.cumsum(lengths) - lengths, lengths[which]
    ends = np.cumsum(counts)
    row = np.repeat(np.arange(len(which)), counts)
    part = np.arange(len(row)) - (ends - counts - starts[which])[row]
    at = own.begins[rows[row], columns[part]] + numbers[part]
    texts = pa.concat_arrays([own.texts, pa.array(same, pa.string())]).take(pa.array(at))
    missing = np.fromiter((form is None for form in forms), np.bool_, len(forms))[which]
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts, mask=pa.array(missing)), "")


def _numbered(parts: Sequence[tuple[str | Gap, ...]], own: Own) -> tuple[Places, Places, list[str]]:
    """Of all parts in turn the column and the number in it, and the texts that are the same for all."""
    every = list(chain.from_iterable(parts))
    same = [part for part in every if isinstance(part, str)]
    before = accumulate((isinstance(part, str) for part in every), initial=len(own.texts))
    columns = [own.columns[part.column] if isinstance(part, Gap) else _SAME for part in every]
    numbers = [part.number if isinstance(part, Gap) else at for part, at in zip(every, before, strict=False)]
    return np.array(columns, np.int64), np.array(numbers, np.int64), same


def _texts_and_counts(column: pa.Array) -> tuple[pa.Array, Places]:
    """The texts of a column one after the other, and how many of them each row has."""
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        return column.cast(pa.string()), np.ones(len(column), np.int64)
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    return column.flatten().cast(pa.string()), counts.astype(np.int64)


def _split(part: str | Gap, mark: str, gap: Gap) -> list[str | Gap]:
    if isinstance(part, Gap):
        return [part]
    found: list[str | Gap] = []
    for piece in part.split(mark):
        found += [piece, gap]
    return found[:-1]
