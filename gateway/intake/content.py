"""What a row says, as one text to be hashed, and what tells the versions of a row apart.

Both interpreters hash the same: one row at a time in plain Python, or many at once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

OF_THE_LOAD: Final = frozenset({"op", "tong_time"})
"""Columns that tell when a row was loaded and how, not what it says."""

DELETED: Final = "D"
"""What the canonical text of a deleted row begins with."""

CELL, VALUE = "\x1f", "\x1e"
"""What stands before a column's name and before its value in a row's canonical text."""

_ESCAPED: Final = str.maketrans({"\x1d": "\x1d0", VALUE: "\x1d1", CELL: "\x1d2"})
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - load times are naive Asia/Shanghai
_MICROSECOND: Final = timedelta(microseconds=1)
_SPREAD: Final = 0x9E3779B97F4A7C15
_INT64: Final = 1 << 64


def version_of(key_hash: bytes, loaded_at: datetime) -> int:
    """A signed 64-bit hash of a row's key and load time; see `versions_of`."""
    moment = (loaded_at - _EPOCH) // _MICROSECOND
    mixed = (int.from_bytes(key_hash[:8], "little") + moment * _SPREAD) % _INT64
    return mixed - _INT64 if mixed >= _INT64 >> 1 else mixed


def versions_of(key_hashes: bytes, loaded_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same of many rows: 16 bytes of each key, and the load times in microseconds since 1970."""
    heads = np.frombuffer(key_hashes, "<u8").reshape(-1, 2)[:, 0]
    mixed: NDArray[np.uint64] = heads + loaded_at.astype(np.uint64) * np.uint64(_SPREAD)
    return mixed.astype(np.int64)


def canonical(raw: object, *, deleted: bool) -> str:
    """What a row says, as one text that no other row has.

    Loaded once more without a change it says the same, and nothing is decided anew: neither how it was
    loaded, nor the order of its columns, nor a column written out as null makes a difference.
    """
    if not isinstance(raw, Mapping):
        return "".join(f"{CELL}{_text(each)}" for each in (raw if isinstance(raw, list) else [raw]))
    said = [name for name in sorted(raw, key=str) if name not in OF_THE_LOAD and raw[name] is not None]
    cells = [f"{CELL}{_escaped(str(name))}{VALUE}{_text(raw[name])}" for name in said]
    return "".join((DELETED if deleted else "", *cells))


def _text(value: object) -> str:
    """A cell as text; what is nested says nothing here and may be nested beyond reason."""
    if isinstance(value, str):
        return _escaped(value)
    said = repr(value) if value is None or isinstance(value, int | float) else type(value).__name__
    return f"{VALUE}{said}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)
