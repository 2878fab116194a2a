"""The end of the feed, watched once for everybody who waits there."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from aiohttp import web

from gateway.errors import StoreError
from gateway.store.database import Store
from gateway.store.outbox import last_released
from gateway.web.requests import STORE

EVERY_S: Final = 0.2
"""Several processes write to the database, so it is asked; this often, and only while somebody waits."""

_log = logging.getLogger(__name__)


class Tail:
    """Wakes whoever waits for an event that is not there yet."""

    def __init__(self, last: Callable[[], int], every_s: float = EVERY_S) -> None:
        self._last, self._every_s = last, every_s
        self._known = 0
        self._waiting = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    async def wait(self, after: int, seconds: float) -> None:
        """Return once something is released behind `after`, in `seconds` at the latest.

        It may return early, as when the store fails or the gateway stops: look again, or see `closed`.
        """
        if self._known > after or self.closed:
            return
        with self._counted(), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def close(self) -> None:
        """Wake everybody and watch no more."""
        self.closed = True
        self._tell()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._waiting += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._waiting -= 1

    async def _watch(self) -> None:
        while self._waiting and not self.closed:
            await self._look()
            await asyncio.sleep(self._every_s)

    async def _look(self) -> None:
        try:
            last = await asyncio.to_thread(self._last)
        except StoreError as fault:
            _log.error("the end of the feed cannot be seen: %s", fault)
            self._tell()
            return
        if last > self._known:
            self._known = last
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


TAIL: Final = web.AppKey("tail", Tail)


def set_up(app: web.Application) -> None:
    """Watch the end of the feed that is in the application's store, until the application ends."""
    app[TAIL] = _tail_of(app[STORE])
    app.on_shutdown.append(stop_watching)


async def stop_watching(app: web.Application) -> None:
    """Let go everybody who waits, at the beginning of the application's end."""
    await app[TAIL].close()


def _tail_of(store: Store) -> Tail:
    def last() -> int:
        with store.read() as conn:
            return last_released(conn)

    return Tail(last)
