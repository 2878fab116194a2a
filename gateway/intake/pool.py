"""Runs the bench in worker processes, so that opening and reading pages never holds up the waiting.

They are started afresh (`spawn`) when the first page asks for one: half a second of processor time each,
while pages are being fetched anyway. A server of forks would start them in a tenth of that, but with the
environment and the modules of an earlier day.
"""

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from gateway.arrow import spare_pandas
from gateway.crypto.file_drop import Manifest
from gateway.errors import StoreError
from gateway.intake.interpret import TOLERANCE
from gateway.intake.page import Bench, Taken
from gateway.memory import collect_seldom, keep_freed
from gateway.processes import workers
from gateway.settings import Settings

_AHEAD: Final = 2
"""Pages in flight for each worker: one that is being opened and one that waits, so that none is idle."""

_BESIDE: Final = 2
"""Pages in flight besides: one that is being committed and one that has just come."""

_setup: list[tuple[Settings, Path, timedelta]] = []


class IntakePool:
    """Takes pages and files on worker processes; with no workers, on one thread of this process.

    `room` is for pages of all datasets together that are fetched and not yet committed.
    """

    def __init__(self, settings: Settings, keymap: Path, tolerance: timedelta = TOLERANCE) -> None:
        self._setup = (settings, keymap, tolerance)
        self._workers = settings.gateway.workers
        self.room = asyncio.Semaphore(_AHEAD * max(1, self._workers) + _BESIDE)
        self._pool: Executor | None = None
        self._here: Bench | None = None

    def __enter__(self) -> Self:
        if self._workers:
            self._pool = workers(self._workers, _remember, *self._setup)
        else:
            self._here = _bench_of(*self._setup)
            self._pool = ThreadPoolExecutor(1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    async def page(self, department: str, dataset: str, payload: bytes, received_at: datetime) -> Taken:
        """Take one sealed page; see `Bench.page`."""
        taken: Taken = await self._run("page", department, dataset, payload, received_at)
        return taken

    async def manifest(self, department: str, raw: bytes) -> Manifest:
        """Read and verify a manifest; see `Bench.manifest`."""
        manifest: Manifest = await self._run("manifest", department, raw)
        return manifest

    async def file(
        self, department: str, dataset: str, path: Path, manifest: Manifest, received_at: datetime
    ) -> Taken:
        """Take one dropped file; see `Bench.file`."""
        taken: Taken = await self._run("file", department, dataset, path, manifest, received_at)
        return taken

    async def _run(self, task: str, *arguments: object) -> Any:
        loop = asyncio.get_running_loop()
        if self._here:
            return await loop.run_in_executor(self._pool, getattr(self._here, task), *arguments)
        try:
            return await loop.run_in_executor(self._pool, _perform, task, arguments)
        except BrokenProcessPool:
            raise StoreError(
                "a worker process died (out of memory, or killed): nothing is lost, run again"
            ) from None


def _bench_of(settings: Settings, keymap: Path, tolerance: timedelta) -> Bench:
    bench = Bench(settings, keymap, tolerance=tolerance)
    spare_pandas()  # once its plugins are there, which may have their own use of it
    return bench


def _remember(settings: Settings, keymap: Path, tolerance: timedelta) -> None:
    """Only noted here: what is wrong with it is to be heard by the first task, not to kill the worker."""
    collect_seldom()
    keep_freed()
    _setup.append((settings, keymap, tolerance))


@cache
def _bench() -> Bench:
    return _bench_of(*_setup[-1])


def _perform(task: str, arguments: tuple[object, ...]) -> object:
    return getattr(_bench(), task)(*arguments)
