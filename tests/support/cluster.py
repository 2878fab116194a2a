"""A PostgreSQL server of one's own, to be restarted at will."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.support.services import ServerMissingError


@dataclass(frozen=True)
class Cluster:
    """A server that runs; what it has committed survives every restart."""

    url: sa.URL = field(repr=False)
    _bin: Path
    _folder: Path

    @property
    def restarting(self) -> Sequence[str]:
        """The command that ends every process of it at once, as a crash does, and starts it again."""
        words = ("restart", "-w", "-s", "-m", "immediate")
        return _unprivileged(self._bin / "pg_ctl", *words, *_of(self._folder))

    def end_connections(self) -> None:
        """End every connection but our own, as a failover does."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        with sa.create_engine(self.url, poolclass=NullPool).connect() as connection:
            connection.execute(sa.text(others))


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A new server on a free port, removed afterwards.

    Raises:
        ServerMissingError: PostgreSQL is not installed.
    """
    programs, folder = _programs(), Path(_run(_unprivileged("mktemp", "-d")).strip())
    password, port = secrets.token_hex(16), _free_port()
    try:
        _make(programs, folder, password)
        told = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        _run(_unprivileged(programs / "pg_ctl", "start", "-w", "-s", "-o", told, *_of(folder)))
        url = sa.URL.create("postgresql+psycopg", "postgres", password, "127.0.0.1", port, "postgres")
        yield Cluster(url, programs, folder)
    finally:
        stop = _unprivileged(programs / "pg_ctl", "stop", "-s", "-m", "immediate", *_of(folder))
        subprocess.run(stop, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _make(programs: Path, folder: Path, password: str) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        Path(file.name).chmod(0o644)  # whoever runs the server reads it; it is removed with this block
        named = ("--username", "postgres", "--pwfile", file.name, "--auth", "scram-sha-256")
        kind = ("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        _run(_unprivileged(programs / "initdb", "--pgdata", folder / "data", *named, *kind))


def _of(folder: Path) -> tuple[str, ...]:
    return "--pgdata", str(folder / "data"), "--log", str(folder / "log")


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts)
    initdb = shutil.which("initdb") or (found[-1] if found else None)
    if initdb is None:
        raise ServerMissingError("PostgreSQL is not installed: apt-get install postgresql")
    return Path(initdb).resolve().parent


def _unprivileged(*command: object) -> list[str]:
    """As somebody else where we are root: a server that runs as root refuses to start."""
    words = [str(word) for word in command]
    return words if os.geteuid() else ["runuser", "-u", "nobody", "--", *words]


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
