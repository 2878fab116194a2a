"""Worker processes end with whoever started them, and leave Ctrl-C to that one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.processes import workers

STARTER = """
import gc, os, time
from gateway.processes import workers
pool = workers(1, gc.disable)
print(pool.submit(os.getpid).result(), flush=True)
time.sleep(60)
"""


@contextmanager
def starter() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def is_there(pid: int) -> bool:
    """Whether a process is there and has not ended; nobody may have asked yet how it ended."""
    status = Path(f"/proc/{pid}/status")
    try:
        return "\nState:\tZ" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_worker_ends_when_who_started_it_is_killed() -> None:
    with starter() as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        assert is_there(worker)
        process.kill()
        process.wait()
        until = time.monotonic() + 20
        while is_there(worker) and time.monotonic() < until:
            time.sleep(0.02)
        assert not is_there(worker)


def prepare(path: Path) -> None:
    path.write_text(str(os.getpid()))


def test_a_worker_is_prepared_once_and_goes_on_at_an_interrupt(tmp_path: Path) -> None:
    with workers(1, prepare, tmp_path / "prepared") as pool:
        worker = pool.submit(os.getpid).result()
        assert (tmp_path / "prepared").read_text() == str(worker)
        os.kill(worker, signal.SIGINT)
        assert pool.submit(os.getpid).result() == worker
