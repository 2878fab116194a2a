"""What a decide run proposes, bucket by bucket: two parts that are nobody's decision until published."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.store.parts import Part, add_parts, live_parts, restage_part, retire_parts

STATE: Final = "proposed"
CHANGES: Final = "changes"


@dataclass(frozen=True)
class Proposal:
    """One bucket: the decisions as they would stand, and what changed with the events it would make."""

    state: Part
    changes: Part


def add_proposal(conn: Connection, proposal: Proposal) -> None:
    """Keep a bucket's proposal, once this transaction commits."""
    add_parts(conn, [proposal.state, proposal.changes])


def proposals(conn: Connection, run_id: int) -> Iterator[Proposal]:
    """What a run has proposed and not published, by bucket."""
    states, changes = (
        {part.bucket: part for part in live_parts(conn, stage) if part.run_id == run_id}
        for stage in (STATE, CHANGES)
    )
    return (Proposal(states[bucket], changes[bucket]) for bucket in sorted(states))


def drop_proposals(conn: Connection, at: datetime) -> None:
    """Let go of everything that is proposed."""
    parts = [*live_parts(conn, STATE), *live_parts(conn, CHANGES)]
    retire_parts(conn, [part.part_id for part in parts], at)


def put_in_place(conn: Connection, proposal: Proposal, at: datetime) -> None:
    """Make the proposed decisions of a bucket those that stand."""
    before = live_parts(conn, "decided", proposal.state.bucket)
    retire_parts(conn, [*(part.part_id for part in before), proposal.changes.part_id], at)
    restage_part(conn, proposal.state.part_id, "decided")
