"""Runs: what was started, how it ended, and what it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from gateway.errors import StoreError
from gateway.store.tables import RUNS

Kind = Literal["sync", "decide", "run", "import"]
State = Literal["running", "done", "failed"]


@dataclass(frozen=True)
class Run:
    """One run; `reason` says in a line why it failed, `summary` is what its report showed."""

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
    """Note how a run ended."""
    values = {"state": state, "finished_at": finished_at, "reason": reason, "summary": summary}
    if policy_version is not None:
        values["policy_version"] = policy_version
    conn.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(**values))


def list_runs(conn: Connection, limit: int = 20, kind: Kind | None = None) -> list[Run]:
    """The latest runs, newest first."""
    query = select(RUNS).order_by(RUNS.c.run_id.desc()).limit(limit)
    if kind is not None:
        query = query.where(RUNS.c.kind == kind)
    return [Run(**row._asdict()) for row in conn.execute(query)]


def get(conn: Connection, run_id: int) -> Run:
    """One run.

    Raises:
        StoreError: there is no run of that number.
    """
    row = conn.execute(select(RUNS).where(RUNS.c.run_id == run_id)).one_or_none()
    if row is None:
        raise StoreError(f"there is no run {run_id}: see `gateway runs list`")
    return Run(**row._asdict())


def end_stopped_runs(conn: Connection, at: datetime) -> None:
    """Say of runs that died without a word that they did; to be called only where none can be alive."""
    values = {"state": "failed", "finished_at": at, "reason": "stopped without ending; taken up again"}
    conn.execute(update(RUNS).where(RUNS.c.state == "running").values(**values))


def last_decided(conn: Connection) -> date | None:
    """The latest day that a run has decided to its end."""
    done = select(RUNS.c.as_of).where(RUNS.c.kind == "decide", RUNS.c.state == "done")
    return conn.scalar(done.order_by(RUNS.c.as_of.desc()).limit(1))
