"""What no intake can be quicker than here: the primitives of its stages alone, on pages of the usual size."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from bench.data.sealing import PAGE_ROWS
from bench.decide.data import Size, month
from bench.figures import Figure, measured
from gateway.crypto.ciphers import open_sm4_cbc
from gateway.evidence.files import write_part
from gateway.sandbox.primitives import sm4_cbc

_ROW_BYTES: Final = 340
_TIMES: Final = 5
_KEY: Final = bytes(range(16))
_HASHED_A_ROW: Final = 2
"""An ID number and a name."""


def limits() -> list[Figure]:
    """Microseconds of CPU a record for deciphering, for two keyed hashes, and for writing its evidence."""
    found = {"open": _deciphering(), "key": _hashing(), "write": _writing()}
    note = "the primitive alone: SM4-CBC of the page, HMAC-SM3 of number and name, Parquet of ready columns"
    return [
        measured("intake", f"limit_{stage}", values, "us_cpu/record", note=note)
        for stage, values in found.items()
    ]


def _deciphering() -> list[float]:
    iv = bytes(16)
    sealed = sm4_cbc(_KEY, iv, b"x" * (_ROW_BYTES * PAGE_ROWS))
    return _timed(lambda: open_sm4_cbc(_KEY, iv + sealed))


def _hashing() -> list[float]:
    start = HMAC(_KEY, hashes.SM3())
    texts = [f"{number:018d}".encode() for number in range(_HASHED_A_ROW * PAGE_ROWS)]

    def work() -> None:
        for text in texts:
            copied = start.copy()
            copied.update(text)
            copied.finalize()

    return _timed(work)


def _writing() -> list[float]:
    table = month(Size(PAGE_ROWS * 4, PAGE_ROWS * 16), 0).slice(0, PAGE_ROWS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = _timed(lambda: write_part(Path(folder), "arrived", table))
    return [value * PAGE_ROWS / table.num_rows for value in found]


def _timed(work: Callable[[], object]) -> list[float]:
    """Microseconds of CPU a record, as often as it takes to see it; the first time is not counted."""
    work()
    values = []
    for _ in range(_TIMES):
        begun = time.process_time()
        work()
        values.append(1e6 * (time.process_time() - begun) / PAGE_ROWS)
    return values
