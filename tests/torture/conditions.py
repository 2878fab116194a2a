"""What a seed does to the gateway's process from outside: its time, and whether it has a store."""

import asyncio
import mmap
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from gateway.clock import CHINA
from gateway.errors import StoreError
from gateway.store.database import Store

START: Final = datetime(2026, 10, 1, 6, tzinfo=CHINA)
_FORM: Final = struct.Struct("dddd")
_BEGUN, _SKIPPED, _JUMPED, _STORE_DOWN = range(4)
_POLL_SECONDS: Final = 0.004


class Conditions:
    """Four numbers in a file that every process of a seed maps, so that each sees a change at once.

    Time runs `speed` times as fast as it does. `skip` moves it on for sleepers and clocks alike; `jump` moves
    the wall clock alone, in either direction, as a correction of the machine's clock would.
    """

    def __init__(self, path: Path, speed: float) -> None:
        new = not path.exists()
        if new:
            path.write_bytes(_FORM.pack(time.monotonic(), 0.0, 0.0, 0.0))
        self._speed = speed
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORM.size)

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        self._put(_SKIPPED, self._get(_SKIPPED) + seconds)

    def jump(self, seconds: float) -> None:
        """Put the wall clock forward or back."""
        self._put(_JUMPED, self._get(_JUMPED) + seconds)

    def mend_clock(self) -> None:
        """Put the wall clock right again."""
        self._put(_JUMPED, 0.0)

    @contextmanager
    def store_down(self) -> Iterator[None]:
        """Let every use of the store fail meanwhile."""
        self._put(_STORE_DOWN, 1.0)
        try:
            yield
        finally:
            self._put(_STORE_DOWN, 0.0)

    @property
    def is_store_down(self) -> bool:
        return bool(self._get(_STORE_DOWN))

    def monotonic(self) -> float:
        """Seconds since the seed began; they never go back."""
        return (time.monotonic() - self._get(_BEGUN)) * self._speed + self._get(_SKIPPED)

    def clock(self) -> datetime:
        """What the machine believes the time to be."""
        return START + timedelta(seconds=self.monotonic() + self._get(_JUMPED))

    async def sleep(self, seconds: float) -> None:
        """Wait in the seed's time."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:  # noqa: ASYNC110 - another process moves the time
            await asyncio.sleep(min(left / self._speed, _POLL_SECONDS))
        await asyncio.sleep(0)

    def _get(self, place: int) -> float:
        return float(_FORM.unpack_from(self._map)[place])

    def _put(self, place: int, value: float) -> None:
        struct.pack_into("d", self._map, place * struct.calcsize("d"), value)


def break_store(conditions: Conditions) -> None:
    """Let this process's stores fail whenever the conditions say so, at the start or before a commit."""
    begin, read = Store.begin, Store.read

    @contextmanager
    def failing_begin(store: Store) -> Iterator[Connection]:
        _fail(conditions)
        with begin(store) as connection:
            yield connection
            _fail(conditions)

    @contextmanager
    def failing_read(store: Store) -> Iterator[Connection]:
        _fail(conditions)
        with read(store) as connection:
            yield connection

    setattr(Store, "begin", failing_begin)  # noqa: B010 - mypy takes no assignment to a method
    setattr(Store, "read", failing_read)  # noqa: B010 - mypy takes no assignment to a method


def _fail(conditions: Conditions) -> None:
    if conditions.is_store_down:
        raise StoreError("the seed took the database away")
