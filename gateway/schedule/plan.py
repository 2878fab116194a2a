"""The jobs that the configuration asks for, and when each is due; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Final

from cronsim import CronSim

from gateway.errors import ConfigError
from gateway.settings import ScheduleSettings, SyncSchedule
from gateway.store.jobs import Job

RUN: Final = "run"
"""The monthly job."""

AGAIN_LATER: Final = {20, 30}
"""Exit codes that call for another attempt by themselves: the hub or the store could not be used."""

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Planned:
    """A job as configured: `words` are the command that does it."""

    name: str
    cron: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Upcoming:
    """When a job will be due; naive Asia/Shanghai."""

    at: datetime
    job: str
    cron: str


def planned_jobs(settings: ScheduleSettings, datasets: list[str]) -> list[Planned]:
    """The configured jobs: the run, and the sync of every dataset that is switched on.

    Raises:
        ConfigError: a dataset is named that is not switched on.
    """
    _check_names("sync", settings.sync.datasets, datasets)
    _check_names("stale_after_days", settings.stale_after_days.datasets, datasets)
    run = [Planned(RUN, settings.run, (RUN,))] if settings.run else []
    return [*_syncs(settings.sync, datasets), *run]


def _check_names(key: str, named: Iterable[str], datasets: list[str]) -> None:
    for wrong in sorted(set(named) - set(datasets)):
        raise ConfigError(
            f"gateway.yaml: schedule.{key}.datasets.{wrong}: no such dataset is switched on; "
            f"there are {', '.join(sorted(datasets)) or 'none'}"
        )


def _syncs(settings: SyncSchedule, datasets: list[str]) -> Iterator[Planned]:
    for dataset in datasets:
        cron = settings.datasets.get(dataset, settings.default)
        if cron:
            yield Planned(f"sync {dataset}", cron, ("sync", "--dataset", dataset))


def joining(planned: Planned, job: Job) -> tuple[str, ...]:
    """The command by which another instance takes part in a job that has begun, and begins none."""
    day = ("--as-of", f"{job.started_at:%Y-%m-%d}") if planned.name == RUN else ()
    return (*planned.words, *day, "--join")


def times(cron: str, after: datetime) -> Iterator[datetime]:
    """When the expression is due after an instant; naive Asia/Shanghai, which has no summer time."""
    return CronSim(cron, after)


def last_time(cron: str, at: datetime) -> datetime:
    """When the expression was due last, at that very minute included."""
    return next(CronSim(cron, at.replace(second=0, microsecond=0) + _MINUTE, reverse=True))


def upcoming(planned: list[Planned], after: datetime, count: int) -> list[Upcoming]:
    """The next times of all jobs, in order."""
    return list(islice(merge(*(_times(job, after) for job in planned), key=lambda each: each.at), count))


def _times(planned: Planned, after: datetime) -> Iterator[Upcoming]:
    return (Upcoming(at, planned.name, planned.cron) for at in times(planned.cron, after))


def due(job: Job, now: datetime, settings: ScheduleSettings) -> datetime | None:
    """The time that a job is to be started for now; however many were missed, the last one only."""
    if job.state == "running":
        return None
    return missed(job, now) or _again(job, now, settings)


def missed(job: Job, now: datetime) -> datetime | None:
    """The last time the job was due, if it was not started for that."""
    last = last_time(job.cron, now)
    return last if last > max(job.known_at, job.due_at or job.known_at) else None


def _again(job: Job, now: datetime, settings: ScheduleSettings) -> datetime | None:
    """The time that the job was started for, if it is to be tried again."""
    if job.state == "stopped":
        return job.due_at
    exit_code = job.exit_code or 0
    passing = job.state == "killed" or (job.state == "failed" and (exit_code in AGAIN_LATER or exit_code < 0))
    if not passing or job.finished_at is None or job.attempt >= settings.attempts:
        return None
    rested = now >= job.finished_at + timedelta(minutes=settings.retry_after_minutes)
    return job.due_at if rested else None
