"""A real standalone Spark cluster on loopback: one master and two workers, ended whatever happens."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pyspark

from tests.support.project import ROOT
from tests.support.services import ServerMissingError

_CLASSES: Final = "org.apache.spark.deploy"
_STARTED_WITHIN_S: Final = 180
_ENDED_WITHIN_S: Final = 20
_HOST: Final = "127.0.0.1"


@contextmanager
def standalone(folder: Path, workers: int = 2, memory: str = "1g") -> Iterator[str]:
    """The address of a cluster that works in a folder of its own; every worker has one core."""
    port = _free_port()
    address = f"spark://{_HOST}:{port}"
    master = ["master.Master", "--host", _HOST, "--port", str(port), "--webui-port", "0"]
    worker = ["worker.Worker", "--host", _HOST, "--webui-port", "0", "--cores", "1", "--memory", memory]
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(_started(master, folder / "master"))
        _listens(started[0], port)
        for number in range(workers):
            place = folder / f"worker-{number}"
            started.append(_started([*worker, "--work-dir", str(place / "work"), address], place))
        yield address
    finally:
        for process in reversed(started):
            _end(process)


def _started(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    if shutil.which("java") is None:
        raise ServerMissingError("a Java runtime for Spark: .ci/run installs one")
    folder.mkdir(parents=True)
    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": _HOST,
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),  # what the workers' Python imports
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*_dying_with_us(), str(home / "bin" / "spark-class"), f"{_CLASSES}.{command[0]}", *command[1:]],
            env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def _dying_with_us() -> list[str]:
    """What lets the system end a server when this process is killed; a tool of Linux."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "TERM"] if found else []


def _listens(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTED_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise ServerMissingError(f"the Spark master did not come up within {_STARTED_WITHIN_S} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and the executors it started: they are all of its process group."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDED_WITHIN_S)
    until = time.monotonic() + _ENDED_WITHIN_S
    while time.monotonic() < until:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_HOST, 0))
        port: int = listener.getsockname()[1]
    return port
