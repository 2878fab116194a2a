"""A job in a process of its own: it can be killed, and what it needs of memory goes with it."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, Self

GRACE_S: Final = 30.0
"""How long a job may take to end when it is told to; then it is killed."""


class Process(Protocol):
    """A job at work; `exit_code` is None until it has ended, and below 0 where a signal ended it."""

    @property
    def exit_code(self) -> int | None: ...

    async def wait(self) -> None:
        """Until it has ended."""

    async def stop(self) -> None:
        """End it, whatever it takes."""


Launch = Callable[[Sequence[str]], Awaitable[Process]]
"""Starts the gateway's command of these words."""


class Child:
    """A command of this gateway as a process group; it writes to this process's standard error only."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def launch(cls, config: Path, words: Sequence[str]) -> Self:
        """Start `gateway WORDS --config CONFIG`.

        Raises:
            OSError: no process could be started.
        """
        command = (sys.executable, "-P", "-m", "gateway.cli", *words, "--config", str(config))
        nothing = asyncio.subprocess.DEVNULL
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=nothing, stdout=nothing, start_new_session=True
            )
        )

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> None:
        await self._process.wait()

    async def stop(self) -> None:
        self._signal(signal.SIGINT)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await self._process.wait()
        self._signal(signal.SIGKILL)  # its workers too, should it have died without them
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
