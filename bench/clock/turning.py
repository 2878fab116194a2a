"""Turns the clock of this process; every process imports it as it starts, so it imports little."""

import os
import time
from typing import Final

import time_machine

OFFSET: Final = "GATEWAY_BENCH_CLOCK_OFFSET_S"


def turn(seconds: float) -> None:
    """Let this process live so much later, or earlier, from now on."""
    time_machine.travel(time.time() + seconds).start()


def turn_as_told() -> None:
    """By what the process that started this one wants."""
    turn(float(os.environ[OFFSET]))
