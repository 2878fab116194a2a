"""At most one run works at a time: a locked file keeps it so on one machine, a lease among several."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from gateway.errors import StoreError
from gateway.evidence.files import storing
from gateway.store import leases
from gateway.store.alarms import Alarm, clear_alarm, raise_alarm
from gateway.store.instances import free_abandoned, is_shared
from gateway.sync.renewal import Renewal
from gateway.sync.station import Station

_at_work_on: ContextVar[frozenset[Path]] = ContextVar("at_work_on", default=frozenset())


@contextmanager
def at_work(station: Station) -> Iterator[None]:
    """Hold the evidence folder and the lease of whoever syncs, imports or decides; the store is migrated.

    The lease is renewed by a thread. Where another holder takes it over, work here ends at once. Work within
    work, such as the sync of a monthly job, is part of it and lets nobody in between.

    Raises:
        StoreError: another process, here or on another machine, is at work, or has taken over.
    """
    if station.work in _at_work_on.get():
        yield
        return
    with exclusive(station.work), within(station.work):
        station.store.migrate()
        claim = leases.claim(leases.WORK, _lock_file(station.work).stat())
        _take_lease(station, claim)
        with Renewal(_Work(station, claim)):
            yield


@dataclass(frozen=True)
class _Work:
    """The lease of the one who is at work."""

    station: Station
    claim: leases.Claim

    def renew(self) -> bool:
        with self.station.store.begin() as conn:
            return leases.renew(conn, self.claim, leases.present(conn, self.station.clock))

    def release(self, error: BaseException | None) -> None:
        del error
        with self.station.store.begin() as conn:
            leases.release(conn, self.claim)

    def lost(self) -> StoreError:
        message = f"{self.claim.holder} was silent for too long, another run has taken over: see its log"
        alarm = Alarm("lease_lost", self.claim.name, message)
        with suppress(StoreError), self.station.store.begin() as conn:
            raise_alarm(conn, alarm, self.station.now())
        return StoreError("another run took over the lease, this one stopped: see `gateway schedule list`")


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Let whatever here asks for a hold of the folder be part of the work that has it."""
    before = _at_work_on.set(_at_work_on.get() | {folder})
    try:
        yield
    finally:
        _at_work_on.reset(before)


@contextmanager
def exclusive(folder: Path, *, among_others: bool = False) -> Iterator[None]:
    """Hold the folder; the operating system lets go when the process ends, however it ends.

    `among_others` shares it with those who hold it so too.

    Raises:
        StoreError: another process holds it, or the folder cannot be written.
    """
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = _lock_file(folder).open("w+")  # a network folder wants it readable to be shared
    with file:
        with storing(folder):
            _take(file, fcntl.LOCK_SH if among_others else fcntl.LOCK_EX)
        yield


def _lock_file(folder: Path) -> Path:
    return folder / ".lock"


def _take(file: TextIO, how: int) -> None:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreError("another run is at work on this evidence folder: wait until it has ended") from None


def _take_lease(station: Station, claim: leases.Claim) -> None:
    with station.store.begin() as conn:
        sharing, now = free_abandoned(conn), leases.present(conn, station.clock)
        standing = sharing if sharing and is_shared(sharing) else leases.take(conn, claim, now)
        if standing.token != claim.token:
            raise leases.AtWork(standing)
        clear_alarm(conn, "lease_lost", claim.name, station.now())
