"""Columns of text from columns of numbers, a byte at a time for all rows: n × width arrays of ASCII."""

from datetime import date
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.data.chance import Flags, Numbers

Letters = NDArray[np.uint8]
"""n × width ASCII codes; zeros at the end of a row are no part of its text."""

_ZERO: Final = ord("0")
_SECONDS_A_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)
_FIRST_DAY: Final = -25_567
_LAST_DAY: Final = 36_525
"""The days that can be written: 1900 to 2069."""


def digits(numbers: Numbers, width: int) -> Letters:
    """Decimal digits with leading zeros."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((numbers[:, None] // powers) % 10 + _ZERO).astype(np.uint8)


def constant(text: str, count: int) -> Letters:
    """The same text in every row."""
    return np.broadcast_to(np.frombuffer(text.encode(), np.uint8), (count, len(text)))


def beside(*columns: Letters) -> Letters:
    """Texts of fixed width, one after the other."""
    return np.concatenate(columns, axis=1)


def chosen_from(words: tuple[str, ...], places: Numbers) -> Letters:
    """For each the word at its place."""
    return _table(words)[places]


def replaced(letters: Letters, where: Flags, text: str) -> Letters:
    """The same with another text in some rows."""
    width = max(letters.shape[1], len(text))
    found = np.zeros((len(letters), width), np.uint8)
    found[:, : letters.shape[1]] = letters
    found[where] = _table((text.ljust(width, "\0"),))
    return found


def days(numbers: Numbers) -> Letters:
    """Days since 1970 as yyyy-MM-dd."""
    return _days()[numbers - _FIRST_DAY]


def compact_days(numbers: Numbers) -> Letters:
    """Days since 1970 as yyyyMMdd."""
    return _compact()[numbers - _FIRST_DAY]


def stamps(seconds: Numbers) -> Letters:
    """Seconds since 1970, local, as yyyy-MM-dd HH:mm:ss."""
    day, second = np.divmod(seconds, _SECONDS_A_DAY)
    return beside(days(day), constant(" ", len(day)), _times()[second])


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def as_arrow(letters: Letters) -> pa.Array:
    """The texts as an Arrow column."""
    width = letters.shape[1]
    lengths = width - (letters[:, ::-1] != 0).argmax(axis=1) if width else np.zeros(len(letters), int)
    lengths = np.where((letters == 0).all(axis=1), 0, lengths)
    offsets = np.zeros(len(letters) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] != letters.size:
        letters = letters[np.arange(width) < lengths[:, None]]
    content = np.ascontiguousarray(letters).tobytes()
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(content))


def _table(words: tuple[str, ...]) -> Letters:
    width = max(map(len, words))
    padded = b"".join(word.encode().ljust(width, b"\0") for word in words)
    return np.frombuffer(padded, np.uint8).reshape(-1, width)


@cache
def _days() -> Letters:
    every = np.arange(_FIRST_DAY, _LAST_DAY).astype("datetime64[D]")
    return _table(tuple(np.datetime_as_string(every).tolist()))


@cache
def _compact() -> Letters:
    return np.delete(_days(), (4, 7), axis=1)


@cache
def _times() -> Letters:
    second = np.arange(_SECONDS_A_DAY)
    parts = (second // 3600, second // 60 % 60, second % 60)
    hour, minute, rest = (digits(part, 2) for part in parts)
    colon = constant(":", _SECONDS_A_DAY)
    return beside(hour, colon, minute, colon, rest)
