"""Scheduled jobs: for which time each was started last, and how that ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, insert, select, update

from gateway.store.tables import JOBS

State = Literal["new", "running", "done", "held", "failed", "killed", "stopped"]


@dataclass(frozen=True)
class Job:
    """What is remembered of a job: `due_at` is the time it was started for, `known_at` since when it counts.

    `alive_until` is how long the scheduler that runs it is believed to live without a word.
    """

    name: str
    cron: str
    known_at: datetime
    due_at: datetime | None
    attempt: int
    state: State
    started_at: datetime | None
    finished_at: datetime | None
    exit_code: int | None
    alive_until: datetime | None


def known_job(conn: Connection, name: str, cron: str, now: datetime) -> Job:
    """What is remembered of a job; a new job, or one with a new cron expression, counts from now on."""
    row = conn.execute(select(JOBS).where(JOBS.c.name == name)).one_or_none()
    if row is None:
        new = {"name": name, "cron": cron, "known_at": now, "attempt": 0, "state": "new"}
        return Job(**conn.execute(insert(JOBS).values(**new).returning(*JOBS.c)).one()._asdict())
    if row.cron == cron:
        return Job(**row._asdict())
    changed = update(JOBS).where(JOBS.c.name == name).values(cron=cron, known_at=now)
    return Job(**conn.execute(changed.returning(*JOBS.c)).one()._asdict())


def remembered(conn: Connection) -> dict[str, Job]:
    """Every job that was ever known, by name."""
    return {row.name: Job(**row._asdict()) for row in conn.execute(select(JOBS))}


def start(conn: Connection, seen: Job, due_at: datetime, now: datetime, alive_until: datetime) -> bool:
    """Note that a job begins; false when another scheduler has begun it since it was seen."""
    again = seen.due_at == due_at
    values = {
        "due_at": due_at,
        "attempt": seen.attempt + 1 if again else 1,
        "state": "running",
        "started_at": now,
        "finished_at": None,
        "exit_code": None,
        "alive_until": alive_until,
    }
    return _change(conn, _as_seen(seen), values)


def stay_alive(conn: Connection, running: Job, alive_until: datetime) -> bool:
    """Say that the job's scheduler lives; false when it was given up as dead."""
    return _change(conn, _as_seen(running), {"alive_until": alive_until})


def finish(conn: Connection, running: Job, state: State, now: datetime, exit_code: int | None) -> bool:
    """Note how a job ended, unless somebody has noted it."""
    return _change(conn, _as_seen(running), {"state": state, "finished_at": now, "exit_code": exit_code})


def _as_seen(job: Job) -> ColumnElement[bool]:
    same_start = JOBS.c.started_at.is_not_distinct_from(job.started_at)
    return (JOBS.c.name == job.name) & (JOBS.c.state == job.state) & same_start


def _change(conn: Connection, where: ColumnElement[bool], values: dict[str, object]) -> bool:
    return conn.execute(update(JOBS).where(where).values(**values)).rowcount == 1
