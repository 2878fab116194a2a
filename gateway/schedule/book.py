"""The schedule's own entries in the store: jobs begun and ended, alarms raised and over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.schedule.judging import JUDGED, Facts, judged
from gateway.schedule.plan import Planned, due
from gateway.settings import ScheduleSettings
from gateway.store import instances, jobs, leases, runs
from gateway.store.alarms import settle_alarms, standing_alarms
from gateway.store.database import Store
from gateway.store.jobs import Job, State
from gateway.store.windows import compared_until

ALIVE: Final = leases.LENGTH
"""So long a scheduler that says nothing is believed to run its job."""


class Book:
    """Reads and keeps the entries of the configured jobs; `now` is naive Asia/Shanghai throughout.

    Raises:
        StoreError: from every method; nothing was changed then.
    """

    def __init__(
        self, store: Store, settings: ScheduleSettings, planned: Sequence[Planned], datasets: Sequence[str]
    ) -> None:
        self._store = store
        self._settings = settings
        self._planned = planned
        self._datasets = tuple(datasets)

    def note_new(self, now: datetime) -> None:
        """Let a job that is new, or has a new cron expression, count from now on."""
        with self._store.read() as conn:
            known = self._known(conn)
        new = [planned for planned in self._planned if planned.name not in known]
        if new:
            with self._store.begin() as conn:
                for planned in new:
                    jobs.known_job(conn, planned.name, planned.cron, now)

    def facts(self, now: datetime) -> Facts:
        """What is known; changes nothing."""
        with self._store.read() as conn:
            return Facts(
                now=now,
                jobs=self._known(conn),
                datasets=self._datasets,
                reached=compared_until(conn),
                unpublished=runs.unpublished(conn),
                at_work=leases.holder(conn, leases.WORK, now),
                standing=tuple(standing_alarms(conn)),
            )

    def _known(self, conn: Connection) -> dict[str, Job]:
        remembered = jobs.remembered(conn)
        crons = {planned.name: planned.cron for planned in self._planned}
        return {name: job for name, job in remembered.items() if crons.get(name) == job.cron}

    def judge(self, facts: Facts) -> None:
        """Raise the alarms that are due and clear those that are over; writes only what changes."""
        found = judged(facts, self._settings)
        standing = {(each.name, each.subject) for each in facts.standing if each.name in JUDGED}
        if standing != {(alarm.name, alarm.subject) for alarm in found}:
            with self._store.begin() as conn:
                settle_alarms(conn, JUDGED, found, facts.now)

    def begin(self, facts: Facts) -> Job | None:
        """Take the job that is due for longest, unless somebody is at work or was quicker."""
        times = {name: due(job, facts.now, self._settings) for name, job in facts.jobs.items()}
        waiting = sorted((at, name) for name, at in times.items() if at)
        if not waiting or facts.at_work:
            return None
        at, name = waiting[0]
        with self._store.begin() as conn:
            begun = jobs.start(conn, facts.jobs[name], at, facts.now, facts.now + ALIVE)
            return jobs.remembered(conn)[name] if begun else None

    def shared(self, facts: Facts) -> Job | None:
        """The job that other instances are at and this one may take part in."""
        if facts.at_work is None or not instances.is_shared(facts.at_work):
            return None
        return next((job for job in facts.jobs.values() if job.state == "running"), None)

    def goes_on(self, now: datetime) -> bool:
        """Whether instances that share a run are at work."""
        with self._store.read() as conn:
            at_work = leases.holder(conn, leases.WORK, now)
        return at_work is not None and instances.is_shared(at_work)

    def stay_alive(self, job: Job, now: datetime) -> None:
        """Say that somebody who lives is at the job."""
        with self._store.begin() as conn:
            jobs.stay_alive(conn, job, now + ALIVE)

    def finish(self, job: Job, state: State, now: datetime, exit_code: int | None = None) -> None:
        """Note how a job ended."""
        with self._store.begin() as conn:
            jobs.finish(conn, job, state, now, exit_code)

    def give_up_dead(self, facts: Facts) -> None:
        """Note of jobs whose scheduler has not been heard of that they stopped with it."""
        for job in facts.jobs.values():
            if job.state == "running" and job.alive_until and job.alive_until <= facts.now:
                self.finish(job, "stopped", facts.now)
