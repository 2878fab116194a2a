"""Keeps the gateway alive as a service manager would: whatever ends it, it is started again."""

import asyncio
import ctypes
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import chain, repeat
from multiprocessing import get_context
from signal import SIGKILL
from typing import Final, Protocol

from tests.torture.facts import Recorder

_CONTEXT: Final = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["tests.torture.incarnation", "tests.torture.months", "tests.torture.writing"]
)
_DOWN_SECONDS: Final = 0.02
_END_SECONDS: Final = 10
_PR_SET_PDEATHSIG: Final = 1


class StartError(Exception):
    """The gateway does not come up, or ended by itself; its log says why."""


class Life(Protocol):
    """One process."""

    def kill(self) -> None:
        """-9, now."""

    async def wait(self) -> int:
        """Wait for its end; gives its exit code, below 0 for the signal that ended it."""


class Lives:
    """The gateway's processes, one after the other; `begin` starts one, `buried` is told that one is dead."""

    def __init__(
        self,
        recorder: Recorder,
        begin: Callable[[], Awaitable[Life]],
        buried: Callable[[], None] = lambda: None,
    ) -> None:
        self._recorder, self._begin, self._buried = recorder, begin, buried
        self._life: Life | None = None
        self.kills = 0

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Start it, and again after each death, until the end."""
        keeping = asyncio.create_task(self._keep_up())
        try:
            yield
        finally:
            if not keeping.done():
                keeping.cancel()
            self.kill()
            with suppress(asyncio.CancelledError):
                await keeping

    def kill(self) -> None:
        """-9, now."""
        if self._life is not None:
            with suppress(ProcessLookupError):
                self._life.kill()

    async def _keep_up(self) -> None:
        while True:
            self._life = await self._begin()
            code = await self._life.wait()
            since = self._recorder.tick()
            if code != -SIGKILL:
                raise StartError(f"the gateway ended by itself with {code}")
            self.kills += 1
            await asyncio.sleep(_DOWN_SECONDS)
            self._buried()
            self._recorder.break_off("kill", since)


class Forked:
    """A process that has every module loaded already."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        self._process = _CONTEXT.Process(target=_bound, args=(work, *arguments), daemon=True)
        self._process.start()

    def kill(self) -> None:
        """-9, now."""
        self._process.kill()

    async def wait(self) -> int:
        """Wait for its end; a wait that is cancelled ends it."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
            if not over.is_set():
                self._process.kill()
            self._process.join(_END_SECONDS)
        return self._process.exitcode or 0


def _bound(work: Callable[..., None], *arguments: object) -> None:
    """Do it, and die with whoever began it: a sender left behind would send to ports given to others."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, SIGKILL)
    work(*arguments)


async def until_done(begin: Callable[[int], Life], fatal: tuple[int, ...]) -> int:
    """Let a job be done by a process that is begun again after each death; gives how often it died."""
    for kills, at in enumerate(chain(fatal, repeat(0))):
        code = await begin(at).wait()
        if code == 0:
            return kills
        if code != -SIGKILL:
            raise StartError(f"a job ended by itself with {code}")
    raise AssertionError


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that nobody else is given meanwhile, for whoever listens on it with SO_REUSEPORT."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
