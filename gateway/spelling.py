"""Dates, ID numbers and names in their usual spellings, read as a whole column at once.

Every function says which cells it could read; what it could not may still be right in another spelling.
"""

from typing import Final, NamedTuple, Self

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]

ID_LENGTH: Final = 18
DAY_SECONDS: Final = 86_400
USUAL_NAME: Final = r"^[!-\-/-~\x{4e00}-\x{9fff}\x{b7}]+$"
"""What normalising leaves as it is: Han characters, the middle dot, and ASCII without space and full stop."""

_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int32)
_CHECK_DIGITS: Final = np.frombuffer(b"10X98765432", np.uint8)
_ZERO: Final = ord("0")
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0], np.int64)


class _Layout(NamedTuple):
    """Where a spelling of a fixed width has its digits, two by two from the century on, and its signs."""

    pairs: tuple[int, ...]
    date_signs: tuple[int, ...] = ()
    time_sign: tuple[int, ...] = ()
    colons: tuple[int, ...] = ()


_LAYOUTS: Final = {
    8: _Layout((0, 2, 4, 6)),
    10: _Layout((0, 2, 5, 8), (4, 7)),
    14: _Layout((0, 2, 4, 6, 8, 10, 12)),
    19: _Layout((0, 2, 5, 8, 11, 14, 17), (4, 7), (10,), (13, 16)),
}
"""By length: 20260301, 2026-03-01 (or with /), 20260301090000, 2026-03-01 09:00:00 (or with T)."""


class Packed(NamedTuple):
    """A column of texts as its bytes, and where each text begins; null is as long as nothing."""

    values: Bytes
    begins: Int64s
    lengths: Int64s

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.lengths)} texts)"

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        """The bytes of a column."""
        encoded = texts.to_arrow()
        _, offsets, values = encoded.buffers()
        bounds = np.frombuffer(offsets, np.int64, len(texts) + 1, encoded.offset * 8)
        return cls(np.frombuffer(values or b"", np.uint8), bounds[:-1], np.diff(bounds))

    def cells(self, places: Int64s, width: int) -> Bytes:
        """The texts at these places, all of one width, a row each."""
        found: Bytes = self.values[self.begins[places, np.newaxis] + np.arange(width)]
        return found


def as_series(values: pa.Array) -> pl.Series:
    """A column of Arrow as one of Polars."""
    series = pl.from_arrow(values)
    assert isinstance(series, pl.Series)  # noqa: S101 - an array becomes a series, a table a frame
    return series


def instants(texts: Packed) -> tuple[Int64s, Bools]:
    """Seconds since 1970 where a text is a time in one of the usual spellings, and where it is."""
    seconds, readable = np.zeros(len(texts.lengths), np.int64), np.zeros(len(texts.lengths), np.bool_)
    for width, layout in _LAYOUTS.items():
        places = np.flatnonzero(texts.lengths == width)
        if len(places):
            seconds[places], readable[places] = _instants(texts.cells(places, width), layout)
    return seconds, readable


def id_numbers(texts: Packed) -> tuple[Bools, Bools]:
    """Where a text is an ID number of 18 bytes that passes GB 11643, and where it ends in a small `x`."""
    usual, small = np.zeros((2, len(texts.lengths)), np.bool_)
    places = np.flatnonzero(texts.lengths == ID_LENGTH)
    cells = texts.cells(places, ID_LENGTH)
    usual[places] = _are_id_numbers(cells)
    small[places] = usual[places] & (cells[:, -1] == ord("x"))
    return usual, small


def _instants(cells: Bytes, layout: _Layout) -> tuple[Int64s, Bools]:
    pairs, readable = _pairs(cells, layout.pairs)
    readable &= _signs(cells, layout)
    century, year, month, day, *time = pairs
    year = century * 100 + year
    readable &= _is_day(year, month, day)
    seconds = _days(year, month, day) * DAY_SECONDS
    if time:
        hour, minute, second = time
        readable &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - as many as a day and hour have
        seconds += hour * 3600 + minute * 60 + second
    return seconds, readable


def _are_id_numbers(cells: Bytes) -> Bools:
    digits = cells[:, :-1] - _ZERO
    (century, year, month, day), readable = _pairs(cells, (6, 8, 10, 12))
    readable &= (digits <= 9).all(axis=1) & _is_day(century * 100 + year, month, day)  # noqa: PLR2004 - a digit
    expected = _CHECK_DIGITS[(digits.astype(np.int32) @ _WEIGHTS) % 11]
    last = np.where(cells[:, -1] == ord("x"), ord("X"), cells[:, -1])
    readable &= last == expected
    return readable


def _pairs(cells: Bytes, places: tuple[int, ...]) -> tuple[list[Int64s], Bools]:
    """Numbers of two digits at these places, and where they are all digits."""
    readable = np.ones(len(cells), np.bool_)
    found = []
    for place in places:
        tens, ones = cells[:, place] - _ZERO, cells[:, place + 1] - _ZERO
        readable &= (tens <= 9) & (ones <= 9)  # noqa: PLR2004 - a digit
        found.append(tens.astype(np.int64) * 10 + ones)
    return found, readable


def _signs(cells: Bytes, layout: _Layout) -> Bools:
    """Where the signs between the digits are those of the layout, and the same twice in a date."""
    right = np.ones(len(cells), np.bool_)
    for place in layout.date_signs:
        sign = cells[:, place]
        right &= ((sign == ord("-")) | (sign == ord("/"))) & (sign == cells[:, layout.date_signs[0]])
    for place in layout.time_sign:
        right &= (cells[:, place] == ord(" ")) | (cells[:, place] == ord("T"))
    for place in layout.colons:
        right &= cells[:, place] == ord(":")
    return right


def _is_day(year: Int64s, month: Int64s, day: Int64s) -> Bools:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _MONTH_DAYS[np.minimum(month, len(_MONTH_DAYS) - 1)] + (leap & (month == 2))  # noqa: PLR2004 - February
    found: Bools = (year >= 1) & (day >= 1) & (day <= last)
    return found


def _days(year: Int64s, month: Int64s, day: Int64s) -> Int64s:
    """Days since 1970 in the Gregorian calendar, the year taken to begin in March."""
    shifted = year - (month <= 2)  # noqa: PLR2004 - January and February
    era_day = 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400
    return era_day + (153 * ((month + 9) % 12) + 2) // 5 + day - 719_469
