"""What the instances that share a run have done of it: a step is done once, whoever did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from gateway.store import instances
from gateway.store.leases import Lease, present
from gateway.store.tables import STEPS

Outcome = dict[str, Any]
"""What a step came to, as JSON keeps it: everybody reads it there, whoever did the step included."""


@dataclass(frozen=True)
class Step:
    """A step that is done; `holder` is the instance that did it."""

    run_id: int
    name: str
    holder: str
    done_at: datetime
    outcome: Outcome


def note_step(
    conn: Connection, run_id: int, name: str, holder: str, at: datetime, outcome: Mapping[str, Any]
) -> None:
    """Note that a step is done, in the transaction that lets go of it."""
    values = {"run_id": run_id, "name": name, "holder": holder, "done_at": at, "outcome": outcome}
    conn.execute(insert(STEPS).values(**values))


def steps_of(conn: Connection, run_id: int) -> list[Step]:
    """What is done of a run, in the order it was done."""
    query = select(STEPS).where(STEPS.c.run_id == run_id).order_by(STEPS.c.done_at, STEPS.c.name)
    return [Step(**row._asdict()) for row in conn.execute(query)]


def outcome_of(conn: Connection, run_id: int, name: str) -> Outcome | None:
    """What a step came to; none where it is not done."""
    found: Outcome | None = conn.scalar(
        select(STEPS.c.outcome).where(STEPS.c.run_id == run_id, STEPS.c.name == name)
    )
    return found


def lease_of(run_id: int, name: str) -> str:
    """The name of the lease of whoever is at a step."""
    return f"run {run_id} {name}"


def held_of(conn: Connection, run_id: int) -> dict[str, Lease]:
    """The steps of a run that instances are at, by name; one that is silent for too long is at none."""
    now, begins = present(conn), lease_of(run_id, "")
    held = [lease for lease in instances.held(conn) if lease.until > now and lease.name.startswith(begins)]
    return {lease.name.removeprefix(begins): lease for lease in held}
