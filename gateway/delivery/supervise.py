"""Keeps the sending going: what dies or hangs is ended, told, and begun anew."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.delivery.heart import Heart
from gateway.delivery.tenure import LeaseLost
from gateway.errors import GatewayError, StoreError
from gateway.store.alarms import Alarm, clear_alarm, raise_alarm
from gateway.store.database import Store

SUBJECT: Final = "delivery"

_log = logging.getLogger(__name__)

Turn = Callable[[Heart], Awaitable[None]]
"""Sends until cancelled; its heart beats meanwhile."""


@dataclass(frozen=True)
class Supervision:
    """Watches one turn of sending after the other, for as long as `run` is awaited.

    Args:
        store: where the alarms are.
        turn: what is watched.
        now: gives the present as naive Asia/Shanghai.
        seconds: a clock that never jumps.
        hung_after_s: so long a turn may be silent.
        look_s: how often is looked.
        rest_s: how long nothing is sent after a turn has failed.
        end_s: how long a turn that was cancelled may take to end; then it is left behind.
    """

    store: Store
    turn: Turn
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    hung_after_s: float
    look_s: float = 1.0
    rest_s: float = 2.0
    end_s: float = 15.0

    async def run(self) -> None:
        """Until cancelled; then the turn may end as it should."""
        while True:
            heart = Heart(self.seconds)
            task = asyncio.ensure_future(self.turn(heart))
            try:
                why = await self._watch(task, heart)
            finally:
                await self._end(task)
            if why is not None:
                await self._tell(why)
            await asyncio.sleep(self.rest_s)

    async def _watch(self, task: asyncio.Future[None], heart: Heart) -> str | None:
        """Until the turn ends or hangs; gives what is to be told, null where nothing is wrong."""
        began, well = self.seconds(), False
        while True:
            await asyncio.wait({task}, timeout=self.look_s)
            if task.done():
                return _why(task)
            if heart.silent_s() > self.hung_after_s:
                return f"showed no life for {self.hung_after_s:g} s"
            if not well and heart.beats and self.seconds() - began > 2 * self.look_s:
                well = True
                await self._clear()

    async def _end(self, task: asyncio.Future[None]) -> None:
        task.cancel()
        _, left = await asyncio.wait({task}, timeout=self.end_s)
        if left:
            _log.error("the sending did not end when it was told to; it is left behind")

    async def _tell(self, why: str) -> None:
        _log.error("the sending %s; it begins anew", why)
        alarm = Alarm("delivery_stalled", SUBJECT, f"the sending {why}; it was begun anew: see the log")
        with suppress(StoreError):
            await asyncio.to_thread(self._raise, alarm)

    async def _clear(self) -> None:
        with suppress(StoreError):
            await asyncio.to_thread(self._clear_alarm)

    def _raise(self, alarm: Alarm) -> None:
        with self.store.begin() as conn:
            raise_alarm(conn, alarm, self.now())

    def _clear_alarm(self) -> None:
        with self.store.begin() as conn:
            clear_alarm(conn, "delivery_stalled", SUBJECT, self.now())


def _why(task: asyncio.Future[None]) -> str | None:
    if task.cancelled():
        return "was ended by nobody who is known"
    fault = _first(task.exception())
    if isinstance(fault, LeaseLost):
        _log.warning("%s", fault)
        return None
    if isinstance(fault, GatewayError):
        return f"failed: {fault}"
    return f"failed: {type(fault).__name__}" if fault else "ended"


def _first(fault: BaseException | None) -> BaseException | None:
    """What ended a group of tasks; the others were ended by it."""
    return _first(fault.exceptions[0]) if isinstance(fault, BaseExceptionGroup) else fault
