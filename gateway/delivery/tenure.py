"""Only one process sends at a time: a lease says which, a locked file that its holder is alive."""

import asyncio
import fcntl
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from gateway.errors import StoreError
from gateway.store import leases
from gateway.store.database import Store

DELIVERY: Final = "delivery"
"""The lease of whoever sends."""

_MARGIN: Final = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class LeaseLost(StoreError):  # noqa: N818 - it names what happened: another process sends now
    """Another process took over the sending, or this one could not say that it is alive: it stops."""


class Tenure:
    """One process's hold on the sending.

    Args:
        store: where the lease is.
        file: is locked while the lease is held, so that on this machine nobody waits for a dead holder's.
        now: gives the present as naive Asia/Shanghai.
    """

    def __init__(self, store: Store, file: Path, now: Callable[[], datetime]) -> None:
        self._store = store
        self._file = file
        self._now = now
        self._locked: TextIO | None = None
        self._claim: leases.Claim | None = None

    def take(self) -> bool:
        """Try to take the lease.

        Raises:
            StoreError: the store or the file cannot be used.
        """
        locked = _lock(self._file)
        if locked is None:
            return False
        claim = leases.claim(DELIVERY, os.fstat(locked.fileno()))
        try:
            with self._store.begin() as conn:
                held = leases.take(conn, claim, self._now()).token == claim.token
        except StoreError:
            locked.close()
            raise
        if not held:
            locked.close()
            return False
        self._locked, self._claim = locked, claim
        return True

    async def keep(self, every_s: float = 20.0) -> None:
        """Renew the lease until cancelled.

        Raises:
            LeaseLost: somebody else has it, or it is about to run out because the store does not answer.
        """
        renewed_at = self._now()
        while True:
            await asyncio.sleep(every_s)
            try:
                held = await asyncio.to_thread(self._renew)
            except StoreError as fault:
                _log.warning("the lease of sending could not be renewed: %s", fault)
                if self._now() - renewed_at > leases.LENGTH - _MARGIN:
                    raise LeaseLost from None
                continue
            if not held:
                raise LeaseLost
            renewed_at = self._now()

    def give_back(self) -> None:
        """Let another process send; a lease that cannot be given back runs out by itself."""
        claim, self._claim = self._claim, None
        if claim is not None:
            with suppress(StoreError), self._store.begin() as conn:
                leases.release(conn, claim)
        if self._locked is not None:
            self._locked.close()
            self._locked = None

    def _renew(self) -> bool:
        claim = self._claim
        if claim is None:
            return False
        with self._store.begin() as conn:
            return leases.renew(conn, claim, self._now())


def _lock(file: Path) -> TextIO | None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = file.open("w")
    except OSError as fault:
        raise StoreError(f"{file.name} cannot be written ({fault.strerror}): check the folder") from None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        opened.close()
        return None
    return opened
