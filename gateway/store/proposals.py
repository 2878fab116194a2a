"""What a decide run proposes, bucket by bucket: two parts that are nobody's decision until published."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.store.parts import Part, add_parts, live_parts, restage_part, retire_parts

STATE: Final = "proposed"
LAYER: Final = "layered"
"""The stage of a proposed state that stands over the one before, which stays: it has some benefits only."""

CHANGES: Final = "changes"


@dataclass(frozen=True)
class Proposal:
    """One bucket: the decisions as they would stand, and what changed with the events it would make.

    The stage of `state` says whether it is all of them or those alone that differ.
    """

    state: Part
    changes: Part


def add_proposal(conn: Connection, proposal: Proposal) -> None:
    """Keep a bucket's proposal, once this transaction commits."""
    add_parts(conn, [proposal.state, proposal.changes])


def proposals(conn: Connection, run_id: int) -> Iterator[Proposal]:
    """What a run has proposed and not published, by bucket."""
    whole, layers, changes = (
        {part.bucket: part for part in live_parts(conn, stage) if part.run_id == run_id}
        for stage in (STATE, LAYER, CHANGES)
    )
    states = whole | layers
    return (Proposal(states[bucket], changes[bucket]) for bucket in sorted(states))


def drop_proposals(conn: Connection, at: datetime, buckets: Collection[int] | None = None) -> None:
    """Let go of what is proposed, of these buckets if given, else of all."""
    parts = [part for stage in (STATE, LAYER, CHANGES) for part in live_parts(conn, stage)]
    dropped = [part.part_id for part in parts if buckets is None or part.bucket in buckets]
    retire_parts(conn, dropped, at)


def put_in_place(conn: Connection, proposal: Proposal, at: datetime) -> None:
    """Make the proposed decisions of a bucket those that stand."""
    layered = proposal.state.stage == LAYER
    before = [] if layered else live_parts(conn, "decided", proposal.state.bucket)
    retire_parts(conn, [*(part.part_id for part in before), proposal.changes.part_id], at)
    restage_part(conn, proposal.state.part_id, "decided")
