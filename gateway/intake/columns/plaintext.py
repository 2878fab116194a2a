"""Takes the columns of a usual page straight from its text, which is laid out and not parsed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np
import polars as pl

from gateway.crypto.layout import layout_of
from gateway.intake.columns.cells import Cells, is_usual, said_in


class Lines(Sequence[object]):
    """The rows of a frame, made into objects only when one is asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __len__(self) -> int:
        return len(self._frame)

    @overload
    def __getitem__(self, place: int) -> object: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[object]: ...
    def __getitem__(self, place: int | slice) -> object:
        if isinstance(place, slice):
            return Lines(self._frame[place])
        return self._frame.row(place, named=True)

    def __iter__(self) -> Iterator[object]:
        return self._frame.iter_rows(named=True)


def cells_of_text(plaintext: bytes, wanted: Mapping[str, str], member: str | None = None) -> Cells | None:
    """The rows of a usual page; None for any other, which may still be right. `wanted` as in `cells_of`.

    `member` is what of the page's object holds the rows, where the page is not their array.
    """
    layout = layout_of(plaintext)
    if layout is None or layout.member != member or not all(map(is_usual, layout.names)):
        return None
    frame = layout.values
    nowhere, blank = np.zeros(len(frame), np.bool_), pl.Series(values=[None], dtype=pl.String)
    own = pl.DataFrame(
        {
            field: frame[name] if name in frame.columns else blank.new_from_index(0, len(frame))
            for field, name in wanted.items()
        }
    )
    return Cells(own, ~nowhere, nowhere, layout.names, said_in(frame), Lines(frame))
