"""The jobs as a person reads them; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.schedule.judging import Facts, judged, outcome
from gateway.schedule.plan import Planned, due, times
from gateway.settings import ScheduleSettings
from gateway.store.alarms import Name
from gateway.store.jobs import Job


@dataclass(frozen=True)
class Listed:
    """One job: how it went last and when it is next; instants naive Asia/Shanghai."""

    job: str
    cron: str
    state: str
    last_started: datetime | None
    last_finished: datetime | None
    outcome: str | None
    next: datetime


def listed(planned: Sequence[Planned], facts: Facts, settings: ScheduleSettings) -> list[Listed]:
    """Every configured job; `state` is waiting, due, running, late, missed or failed."""
    wrong = {(alarm.name, alarm.subject) for alarm in judged(facts, settings)}
    return [
        _listed(each, facts, settings, {name for name, job in wrong if job == each.name}) for each in planned
    ]


def _listed(planned: Planned, facts: Facts, settings: ScheduleSettings, wrong: set[Name]) -> Listed:
    job = facts.jobs.get(planned.name)
    return Listed(
        job=planned.name,
        cron=planned.cron,
        state="waiting" if job is None else _state(job, facts, settings, wrong),
        last_started=job.started_at if job else None,
        last_finished=job.finished_at if job else None,
        outcome=None if job is None or job.state in {"new", "running"} else outcome(job),
        next=next(times(planned.cron, facts.now)),
    )


def _state(job: Job, facts: Facts, settings: ScheduleSettings, wrong: set[Name]) -> str:
    if job.state == "running":
        return "late" if "late_run" in wrong else "running"
    if "missed_run" in wrong:
        return "missed"
    if due(job, facts.now, settings):
        return "due"
    return "failed" if "failed_job" in wrong else "waiting"
