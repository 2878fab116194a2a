"""What a command takes: wall time, CPU time and the peak memory of its whole tree of processes."""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import psutil

from bench.errors import CommandFailedError

_EVERY_S: Final = 0.2
_MIB: Final = 2**20


@dataclass(frozen=True)
class Taken:
    """Seconds, and MiB at the highest; memory that processes share is counted once.

    `worker_mib` is the largest of the command's own processes below it, 0 where there was none.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    worker_mib: float
    exit_code: int
    output: str


class Peak:
    """Looks at a process and its descendants every fifth of a second, until it is told to stop."""

    def __init__(self, pid: int) -> None:
        self.mib = 0.0
        self.worker_mib = 0.0
        self._root = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="peak", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(_EVERY_S):
            workers = _below(self._root)
            self.mib = max(self.mib, sum(workers, _own(self._root)) / _MIB)
            self.worker_mib = max(self.worker_mib, max(workers, default=0) / _MIB)


def _below(root: psutil.Process) -> list[int]:
    with suppress(psutil.Error):
        return [_own(process) for process in root.children(recursive=True)]
    return []


def _own(process: psutil.Process) -> int:
    """Proportional set size where the system tells it, else resident size."""
    with suppress(psutil.Error):
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.rss))
    return 0


def watched(
    words: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None, *, check: bool = True
) -> Taken:
    """Run a command to its end and say what it took.

    Raises:
        CommandFailedError: it failed, and `check` is set.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with _started(words, folder, environment or {}) as process, Peak(process.pid) as peak:
        output, errors = process.communicate()
    wall = time.perf_counter() - begun
    if check and process.returncode:
        raise CommandFailedError(f"{' '.join(words)} ended with {process.returncode}:\n{errors[-2000:]}")
    cpu = _cpu(resource.getrusage(resource.RUSAGE_CHILDREN)) - _cpu(before)
    return Taken(wall, cpu, peak.mib, peak.worker_mib, process.returncode, output)


def _started(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own commands
        [*words],
        cwd=folder,
        env=os.environ | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _cpu(usage: Any) -> float:
    return float(usage.ru_utime + usage.ru_stime)
