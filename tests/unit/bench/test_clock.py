import os
import subprocess
import sys
from datetime import datetime, timedelta

from bench.clock.offset import ROOT, Offset

THEN = datetime(2023, 2, 5, 3)  # noqa: DTZ001 - local and naive, as the bench's months are
TELL = "from gateway.clock import local, system_clock; print(local(system_clock()))"
BOTH = f"import subprocess, sys; {TELL}; sys.stdout.flush(); subprocess.run([sys.executable, '-c', {TELL!r}])"


def told(code: str) -> list[datetime]:
    environment = os.environ | Offset.to(THEN).environment()
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return [datetime.fromisoformat(line) for line in run.stdout.splitlines()]


def test_a_command_and_what_it_starts_live_at_another_time_that_goes_on() -> None:
    first, second = told(BOTH)
    assert THEN < first < second < THEN + timedelta(minutes=5)
