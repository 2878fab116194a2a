"""Keeps a lease while its holder works, and ends the work when somebody else has taken it over."""

import _thread
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Event, Thread
from types import TracebackType
from typing import Final

from gateway.errors import StoreError
from gateway.store import leases
from gateway.store.alarms import Alarm, raise_alarm
from gateway.store.database import Store

RENEWED_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


class Renewal:
    """Renews a lease that was taken, until the block ends; then gives it back.

    Raises:
        StoreError: on leaving, where the lease was lost: the work ended at its next step.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], claim: leases.Claim) -> None:
        self._store = store
        self._now = now
        self._claim = claim
        self._over = Event()
        self._lost = False
        self._thread = Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(KeyboardInterrupt):  # of a loss in this very moment: it is told below
            self._over.set()
            self._thread.join()
        if self._lost:
            self._alarm()
            raise StoreError("another run took over the lease, this one stopped: see `gateway schedule list`")
        with suppress(StoreError), self._store.begin() as conn:  # not given back it runs out by itself
            leases.release(conn, self._claim)

    def _renew(self) -> None:
        while not self._over.wait(RENEWED_EVERY_S):
            try:
                with self._store.begin() as conn:
                    held = leases.renew(conn, self._claim, self._now())
            except StoreError as error:
                _log.warning("the lease could not be renewed: %s", error)
                continue
            if not held:
                self._lost = True
                _thread.interrupt_main()
                return

    def _alarm(self) -> None:
        message = f"{self._claim.holder} was silent for too long, another run has taken over: see its log"
        alarm = Alarm("lease_lost", self._claim.name, message)
        with suppress(StoreError), self._store.begin() as conn:
            raise_alarm(conn, alarm, self._now())
