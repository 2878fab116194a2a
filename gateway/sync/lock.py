"""At most one run works at a time: a locked file keeps it so on one machine, a lease among several."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, TextIO
from uuid import uuid4

from gateway.errors import StoreError
from gateway.evidence.files import storing
from gateway.store import leases
from gateway.store.alarms import clear_alarm
from gateway.sync.renewal import Renewal
from gateway.sync.station import Station

_at_work_on: ContextVar[frozenset[Path]] = ContextVar("at_work_on", default=frozenset())

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def at_work(station: Station) -> Iterator[None]:
    """Hold the evidence folder and the lease of whoever syncs, imports or decides; the store is migrated.

    The lease is renewed by a thread. Where another holder takes it over, work here ends at once. Work within
    work, such as the sync of a monthly job, is part of it and lets nobody in between.

    Raises:
        StoreError: another process, here or on another machine, is at work, or has taken over.
    """
    if station.evidence in _at_work_on.get():
        yield
        return
    with exclusive(station.evidence), _noted(station.evidence):
        station.store.migrate()
        claim = _claim(station.evidence)
        _take_lease(station, claim)
        with Renewal(station.store, station.now, claim):
            yield


@contextmanager
def _noted(folder: Path) -> Iterator[None]:
    before = _at_work_on.set(_at_work_on.get() | {folder})
    try:
        yield
    finally:
        _at_work_on.reset(before)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder; the operating system lets go when the process ends, however it ends.

    Raises:
        StoreError: another process holds it, or the folder cannot be written.
    """
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = _lock_file(folder).open("w")
    with file:
        with storing(folder):
            _take(file)
        yield


def _lock_file(folder: Path) -> Path:
    return folder / ".lock"


def _take(file: TextIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreError("another run is at work on this evidence folder: wait until it has ended") from None


def _claim(folder: Path) -> leases.Claim:
    """Its place is the locked file as the running kernel knows it: who holds that file has no rival there."""
    host = socket.gethostname()
    file = _lock_file(folder).stat()
    kernel = _BOOT.read_text("ascii").strip() if _BOOT.exists() else host
    return leases.Claim(
        name=leases.WORK,
        token=uuid4().hex,
        holder=f"{host}, process {os.getpid()}",
        place=f"{kernel}:{file.st_dev}:{file.st_ino}",
    )


def _take_lease(station: Station, claim: leases.Claim) -> None:
    now = station.now()
    with station.store.begin() as conn:
        standing = leases.take(conn, claim, now)
        if standing.token == claim.token:
            clear_alarm(conn, "lease_lost", claim.name, now)
            return
    raise StoreError(
        f"another run is at work since {standing.taken_at:%Y-%m-%d %H:%M} ({standing.holder}): wait until it "
        f"has ended; should it have died, the way is free at {standing.until:%H:%M:%S}"
    )
