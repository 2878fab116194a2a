"""What is wrong with the jobs, the sources and the runs, from what is remembered of them; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gateway.errors import (
    ConfigError,
    EnvelopeError,
    HubRefused,
    HubUnavailable,
    PluginError,
    RunHeld,
    StoreError,
)
from gateway.schedule.plan import missed
from gateway.settings import ScheduleSettings
from gateway.store.alarms import Alarm, Name, Raised
from gateway.store.jobs import Job
from gateway.store.leases import Lease
from gateway.store.runs import Run

JUDGED: Final[tuple[Name, ...]] = ("missed_run", "late_run", "failed_job", "stale_source", "held_run")
"""The alarms that are judged here; a lost lease is told by whoever lost it, drift by the sync that met it."""

_ERRORS: Final = {
    error.exit_code: error
    for error in (ConfigError, PluginError, HubUnavailable, HubRefused, EnvelopeError, StoreError, RunHeld)
}


@dataclass(frozen=True)
class Facts:
    """What is known at an instant: `reached` is the last day that a dataset's complete windows reach into."""

    now: datetime
    jobs: Mapping[str, Job]
    datasets: tuple[str, ...]
    reached: Mapping[str, date]
    unpublished: Run | None
    at_work: Lease | None
    standing: tuple[Raised, ...]


def judged(facts: Facts, settings: ScheduleSettings) -> list[Alarm]:
    """Every alarm that is due, those that stand already included."""
    return [*_of_jobs(facts, settings), *_stale(facts, settings), *_held(facts)]


def _of_jobs(facts: Facts, settings: ScheduleSettings) -> Iterator[Alarm]:
    patience = timedelta(minutes=settings.late_after_minutes)
    for job in facts.jobs.values():
        last = missed(job, facts.now)
        if last and facts.now - last > patience:
            yield Alarm("missed_run", job.name, f"was due at {last:%Y-%m-%d %H:%M}, {_why_not_begun(facts)}")
        if job.state == "running" and job.started_at and facts.now - job.started_at > patience:
            yield Alarm("late_run", job.name, f"began at {job.started_at:%Y-%m-%d %H:%M}, has not ended")
        if job.state in {"failed", "killed", "stopped"}:
            yield Alarm("failed_job", job.name, outcome(job))
    for standing in facts.standing:
        job_now = facts.jobs.get(standing.subject)
        if standing.name == "failed_job" and job_now and job_now.state == "running":
            yield Alarm(standing.name, standing.subject, standing.message)


def _why_not_begun(facts: Facts) -> str:
    if facts.at_work is None:
        return "has not begun: the schedule was not running"
    return f"has not begun: {facts.at_work.holder} is at work since {facts.at_work.taken_at:%Y-%m-%d %H:%M}"


def _stale(facts: Facts, settings: ScheduleSettings) -> Iterator[Alarm]:
    if not facts.jobs:
        return
    begun = min(job.known_at for job in facts.jobs.values()).date()
    for dataset in facts.datasets:
        most = settings.stale_after_days.datasets.get(dataset, settings.stale_after_days.default)
        reached = facts.reached.get(dataset)
        if (facts.now.date() - (reached or begun)).days > most:
            so_far = f"complete until {reached}" if reached else "never read completely"
            step = "see its sync, ask its department"
            yield Alarm("stale_source", dataset, f"{so_far}, {most} days are allowed: {step}")


def _held(facts: Facts) -> Iterator[Alarm]:
    run = facts.unpublished
    if run and run.state == "held":
        step = f"see `gateway runs show {run.run_id}`, then approve or discard it"
        yield Alarm("held_run", f"run {run.run_id}", step)


def outcome(job: Job) -> str:
    """How a job ended, in a line."""
    if job.state == "killed":
        return "worked for longer than it may and was killed; what it committed stays"
    if job.state == "stopped":
        return "stopped with the scheduler that ran it; it is taken up again"
    if job.state != "failed" or job.exit_code is None:
        return job.state
    if job.exit_code < 0:
        return f"ended by signal {-job.exit_code}, perhaps for want of memory; what it committed stays"
    error = _ERRORS.get(job.exit_code)
    said = f" ({error.__name__}): {error.__doc__}" if error else ": see the log"
    return f"ended with {job.exit_code}{said}"
