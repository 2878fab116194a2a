"""Keeps what a process holds while it works, and ends the work when somebody else has taken it over."""

import _thread
import logging
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Final, Protocol

from gateway.errors import StoreError

RENEWED_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


class Hold(Protocol):
    """What is held; every method may raise StoreError."""

    def renew(self) -> bool:
        """Hold on to it; false where somebody else has it."""

    def release(self, error: BaseException | None) -> None:
        """Give it back; `error` is what ended the work."""

    def lost(self) -> StoreError:
        """What to say of a hold that somebody else took over."""


class Renewal:
    """Renews a hold that was taken, until the block ends; then gives it back.

    Raises:
        StoreError: on leaving, where the hold was lost: the work ended at its next step.
    """

    def __init__(self, hold: Hold, every_s: float | None = None) -> None:
        self._hold = hold
        self._every_s = RENEWED_EVERY_S if every_s is None else every_s
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
            raise self._hold.lost()
        with suppress(StoreError):  # not given back it runs out by itself
            self._hold.release(error)

    def _renew(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                held = self._hold.renew()
            except StoreError as error:
                _log.warning("the lease could not be renewed: %s", error)
                continue
            if not held:
                self._lost = True
                _thread.interrupt_main()
                return
