"""Starts what is due, one job at a time, ends what works for too long, and keeps the alarms."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.clock import Clock, local
from gateway.errors import EnvelopeError, GatewayError, HubRefused, HubUnavailable, RunHeld, StoreError
from gateway.schedule.book import ALIVE, Book
from gateway.schedule.child import Launch, Process
from gateway.schedule.plan import Planned, joining
from gateway.store.jobs import Job, State

TICK_S: Final = 15.0
"""How often is looked whether something is due."""

_SAY_ALIVE_BEFORE: Final = ALIVE / 2
_JOINS_AGAIN_AFTER: Final = timedelta(minutes=1)
_OF_THE_RUN: Final = frozenset(
    {0, *(error.exit_code for error in (HubUnavailable, HubRefused, EnvelopeError, RunHeld))}
)
"""Exit codes that every instance of a shared run ends with; any other is one instance's own trouble."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Working:
    """A job that this scheduler has begun, or joined, and its process."""

    job: Job
    process: Process
    joined: bool = False


class Scheduler:
    """Runs the planned jobs for as long as `run` is awaited.

    Several schedulers over one store share the jobs: each job is begun once, and one at a time. Where runs
    are shared (`shares`) the others join a job that one has begun; it is over once one of them has ended it.
    """

    def __init__(
        self,
        book: Book,
        planned: Mapping[str, Planned],
        clock: Clock,
        launch: Launch,
        *,
        longest: timedelta,
        shares: bool = False,
    ) -> None:
        self._book = book
        self._planned = planned
        self._clock = clock
        self._launch = launch
        self._longest = longest
        self._shares = shares
        self._joins_from: datetime | None = None
        self._working: Working | None = None

    async def run(self) -> None:
        """Until cancelled; then the job at work is ended, and taken up again by the next scheduler."""
        try:
            while True:
                await self._safe_tick()
                await self._pause()
        finally:
            await self._stop()

    async def _safe_tick(self) -> None:
        try:
            await self.tick()
        except Exception as error:  # noqa: BLE001 - a schedule that ended would be silent
            said = str(error) if isinstance(error, GatewayError) else type(error).__name__
            _log.error("the schedule could not look after its jobs, it tries again: %s", said)

    async def tick(self) -> None:
        """Look once: what has ended, what is wrong, what is due."""
        now = self._now()
        if self._working:
            await self._attend(self._working, now)
        await asyncio.to_thread(self._book.note_new, now)
        facts = await asyncio.to_thread(self._book.facts, now)
        await asyncio.to_thread(self._book.judge, facts)
        await asyncio.to_thread(self._book.give_up_dead, facts)
        if self._working is None:
            await self._begin(await asyncio.to_thread(self._book.begin, facts))
        if self._working is None and self._shares:
            await self._join(self._book.shared(facts), now)

    async def _begin(self, job: Job | None) -> None:
        if job is None:
            return
        _log.info("%s begins, due at %s", job.name, job.due_at)
        try:
            self._working = Working(job, await self._launch(self._planned[job.name].words))
        except OSError:
            await self._finish(job, "failed", None)
            raise

    async def _join(self, job: Job | None, now: datetime) -> None:
        """Take part in what another instance has begun, once it is at it."""
        if job is None or (self._joins_from and now < self._joins_from):
            return
        _log.info("%s is under way elsewhere, this instance joins it", job.name)
        process = await self._launch(joining(self._planned[job.name], job))
        self._working = Working(job, process, joined=True)

    async def _attend(self, working: Working, now: datetime) -> None:
        if working.process.exit_code is not None:
            await self._ended(working, _state_of(working.process.exit_code))
        elif now - (working.job.started_at or now) > self._longest:
            await working.process.stop()
            await self._finish(working.job, "killed", working.process.exit_code)
        elif working.job.alive_until and working.job.alive_until - now < _SAY_ALIVE_BEFORE:
            await asyncio.to_thread(self._book.stay_alive, working.job, now)
            self._working = replace(working, job=replace(working.job, alive_until=now + ALIVE))

    async def _ended(self, working: Working, state: State) -> None:
        """Note how a job ended, unless only this instance's part of it did and others go on with it."""
        own = state == "stopped" or working.process.exit_code not in _OF_THE_RUN
        if own and (working.joined or await self._goes_on()):
            self._working = None
            self._joins_from = self._now() + _JOINS_AGAIN_AFTER
            _log.warning("%s: %s here, it is left to the other instances", working.job.name, state)
            return
        await self._finish(working.job, state, working.process.exit_code)

    async def _goes_on(self) -> bool:
        return self._shares and await asyncio.to_thread(self._book.goes_on, self._now())

    async def _finish(self, job: Job, state: State, exit_code: int | None) -> None:
        await asyncio.to_thread(self._book.finish, job, state, self._now(), exit_code)
        self._working = None
        _log.info("%s: %s", job.name, state)

    async def _stop(self) -> None:
        if self._working:
            process = self._working.process
            await process.stop()
            ended: State = "done" if process.exit_code == 0 else "stopped"
            with suppress(StoreError):  # another scheduler will find the job given up
                await self._ended(self._working, ended)

    async def _pause(self) -> None:
        """Until the job at work ends, or the next look is due."""
        if self._working is None or self._working.process.exit_code is not None:
            await asyncio.sleep(TICK_S)
            return
        ended = asyncio.ensure_future(self._working.process.wait())
        await asyncio.wait({ended}, timeout=TICK_S)
        ended.cancel()

    def _now(self) -> datetime:
        return local(self._clock())


def _state_of(exit_code: int) -> State:
    if exit_code == 0:
        return "done"
    return "held" if exit_code == RunHeld.exit_code else "failed"
