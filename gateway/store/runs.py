"""Runs: what was started, how it ended, and what it found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, case, insert, select, update

from gateway.errors import NotFoundError
from gateway.store.tables import RUNS

Kind = Literal["sync", "decide", "run", "import", "ledger", "retry"]
State = Literal["running", "held", "publishing", "done", "failed", "discarded"]
"""A decide run is held for a person's word, or publishing until its last event is out; others are neither."""

_UNDER_WAY: Final = ("running", "publishing")
_SHARED: Final = ("sync", "decide", "run")

_LAST: Final = 2**31 - 1
"""PostgreSQL counts runs in 32 bits and takes no larger number."""


@dataclass(frozen=True)
class Run:
    """One run; `reason` says in a line why it failed or is held, `summary` is what its report showed."""

    run_id: int
    kind: Kind
    as_of: date | None
    state: State
    started_at: datetime
    finished_at: datetime | None
    reason: str | None
    policy_version: str | None
    summary: dict[str, Any] | None


def start_run(
    conn: Connection,
    kind: Kind,
    started_at: datetime,
    as_of: date | None = None,
    policy_version: str | None = None,
) -> int:
    """Note that a run has begun and give its number."""
    values = {"kind": kind, "as_of": as_of, "started_at": started_at, "policy_version": policy_version}
    return int(conn.scalar(insert(RUNS).values(state="running", **values).returning(RUNS.c.run_id)) or 0)


def finish_run(
    conn: Connection,
    run_id: int,
    state: State,
    finished_at: datetime,
    *,
    reason: str | None = None,
    summary: Mapping[str, Any] | None = None,
    policy_version: str | None = None,
) -> None:
    """Note how a run ended, or that it is decided and now held, publishing or discarded."""
    values: dict[str, Any] = {"state": state, "finished_at": finished_at, "reason": reason}
    if summary is not None:
        values["summary"] = summary
    if policy_version is not None:
        values["policy_version"] = policy_version
    conn.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(**values))


def note_summary(conn: Connection, run_id: int, summary: Mapping[str, Any]) -> None:
    """Keep with a run what it sets out to do, so that the next one can go on where it stops."""
    conn.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(summary=summary))


def fail_run(conn: Connection, run_id: int, at: datetime, reason: str) -> None:
    """Note why a run stopped; one that was publishing goes on with the next decide."""
    state = case((RUNS.c.state == "publishing", "publishing"), else_="failed")
    values = {"state": state, "finished_at": at, "reason": reason}
    conn.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(**values))


def fail_running(conn: Connection, at: datetime, reason: str) -> None:
    """Note why the runs under way stopped; to be called only where nobody is at work on them any more."""
    under_way = select(RUNS.c.run_id).where(RUNS.c.state.in_(_UNDER_WAY), RUNS.c.kind.in_(_SHARED))
    for run_id in conn.scalars(under_way).all():
        fail_run(conn, run_id, at, reason)


def under_way(conn: Connection, kind: Kind, as_of: date | None = None) -> Run | None:
    """The latest run of a kind and day that has not ended: some are at work on it, or may be."""
    query = select(RUNS).where(RUNS.c.kind == kind, RUNS.c.as_of == as_of, RUNS.c.state.in_(_UNDER_WAY))
    row = conn.execute(query.order_by(RUNS.c.run_id.desc()).limit(1)).one_or_none()
    return None if row is None else Run(**row._asdict())


def list_runs(
    conn: Connection, limit: int = 20, kind: Kind | None = None, before: int | None = None
) -> list[Run]:
    """The latest runs, newest first; only those with a lower number than `before`, if given."""
    query = select(RUNS).order_by(RUNS.c.run_id.desc()).limit(limit)
    if kind is not None:
        query = query.where(RUNS.c.kind == kind)
    if before is not None:
        query = query.where(RUNS.c.run_id < before)
    return [Run(**row._asdict()) for row in conn.execute(query)]


def unpublished(conn: Connection) -> Run | None:
    """The decide run that is held or not published to its end; there is never more than one."""
    query = select(RUNS).where(RUNS.c.kind == "decide", RUNS.c.state.in_(["held", "publishing"]))
    row = conn.execute(query).one_or_none()
    return None if row is None else Run(**row._asdict())


def published(conn: Connection) -> Iterator[Run]:
    """The decide runs whose decisions stand, newest first."""
    query = select(RUNS).where(RUNS.c.kind == "decide", RUNS.c.state == "done")
    return (Run(**row._asdict()) for row in conn.execute(query.order_by(RUNS.c.run_id.desc())))


def get(conn: Connection, run_id: int) -> Run:
    """One run.

    Raises:
        NotFoundError: there is no run of that number.
    """
    row = None
    if run_id <= _LAST:
        row = conn.execute(select(RUNS).where(RUNS.c.run_id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no run {run_id}: see `gateway runs list`")
    return Run(**row._asdict())


def end_stopped_runs(conn: Connection, at: datetime) -> None:
    """Say of runs that died without a word that they did; to be called only where none can be alive."""
    values = {"state": "failed", "finished_at": at, "reason": "stopped without ending; taken up again"}
    conn.execute(update(RUNS).where(RUNS.c.state == "running").values(**values))


def last_decided(conn: Connection) -> date | None:
    """The latest day that a run has decided to its end."""
    done = select(RUNS.c.as_of).where(RUNS.c.kind == "decide", RUNS.c.state == "done")
    return conn.scalar(done.order_by(RUNS.c.as_of.desc()).limit(1))
