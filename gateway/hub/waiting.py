"""Says aloud what the hub client waits for, so that no pause is silent, and holds its sources of time."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from gateway.clock import Clock, system_clock

SAY_EVERY_S: Final = 30.0
"""A longer pause is announced again this often."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """A pause that begins now: how long it still lasts (seconds), for which dataset, and why."""

    dataset: str
    seconds: float
    reason: str


def log_waiting(waiting: Waiting) -> None:
    """Write a pause to the log."""
    _log.info("%s waits %.0f s: %s", waiting.dataset, waiting.seconds, waiting.reason)


@dataclass(frozen=True)
class Timing:
    """Everything that is not a function of its arguments: time, chance, and who is told about pauses."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.SystemRandom().random
    clock: Clock = system_clock
    told: Callable[[Waiting], None] = log_waiting


async def pause(waiting: Waiting, timing: Timing) -> None:
    """Sleep for `waiting.seconds`, saying so at once and every 30 seconds."""
    left = waiting.seconds
    while left > 0:
        timing.told(replace(waiting, seconds=left))
        await timing.sleep(min(left, SAY_EVERY_S))
        left -= SAY_EVERY_S
