"""Turns the changed decisions of a bucket into event drafts, rows for the store and the next state."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from gateway.decide.behind import Changed, changed_decisions
from gateway.decide.columns import DECIDED, EVENT_IDS
from gateway.decide.compared import Gaps
from gateway.decide.explanation import explained
from gateway.decide.outcome import BucketOutcome
from gateway.decide.tell import told_of
from gateway.events import (
    CertificationRenewed,
    ConflictCleared,
    ConflictFound,
    EligibilitySuspected,
    EventDraft,
    EvidenceWithdrawn,
    Origin,
    SuspicionCleared,
    draft,
)
from gateway.policy import Policy


class Remembered(NamedTuple):
    """Benefits, and beside each the id that is remembered of it from now on; null where one is forgotten."""

    benefits: pa.Array
    ids: pa.Array

    def __repr__(self) -> str:
        return f"Remembered({len(self.ids)})"


EventIds = Mapping[str, Remembered]
"""What is to be remembered, by column of DECIDED."""


class DecisionText(NamedTuple):
    """A decision as the store keeps it: `body` is the JSON of what `explain` prints.

    A tuple, since a month has millions of them.
    """

    benefit_id: str
    person_no: str
    decision: str
    reason: str | None
    confidence: str | None
    certified_on: date | None
    valid_until: date | None
    body: str

    def __repr__(self) -> str:
        return f"DecisionText({self.decision})"


_STORED: Final = DecisionText._fields[:-1]


def drafts(outcome: BucketOutcome, policy: Policy, as_of: date, origin: Origin) -> list[EventDraft]:
    """The events of the changed decisions; those of one benefit follow each other."""
    return drafts_of(changed_decisions(outcome, policy), as_of, origin)


def drafts_of(decisions: Iterable[Changed], as_of: date, origin: Origin) -> list[EventDraft]:
    """The events of some changed decisions, as `drafts`."""
    found: list[EventDraft] = []
    for changed in decisions:
        previous = changed.row["last_event_id"]
        for event in told_of(changed, as_of):
            found.append(draft(event, origin, previous))
            previous = found[-1].event_id
    return found


def decision_rows(outcome: BucketOutcome, policy: Policy, as_of: date, gaps: Gaps) -> Iterator[DecisionText]:
    """The changed decisions with their explanations."""
    return rows_of_decisions(changed_decisions(outcome, policy), as_of, gaps)


def rows_of_decisions(decisions: Iterable[Changed], as_of: date, gaps: Gaps) -> Iterator[DecisionText]:
    """Some changed decisions with their explanations."""
    for changed in decisions:
        body = json.dumps(explained(changed, as_of, gaps), ensure_ascii=False, separators=(",", ":"))
        yield DecisionText(**{name: changed.row[name] for name in _STORED}, body=body)


def next_state(outcome: BucketOutcome, events: Iterable[EventDraft]) -> pa.Table:
    """The DECIDED rows to carry to the next run, with the ids of this run's events."""
    return with_ids(outcome.state, [event_ids(outcome, events)])


def event_ids(outcome: BucketOutcome, events: Iterable[EventDraft]) -> EventIds:
    """Which remembered events of their benefits the events of a run become."""
    moved = set(outcome.changed.filter(outcome.changed["verified"])["benefit_id"].to_pylist())
    found: dict[str, dict[str, str | None]] = {}
    for event in events:
        for name, own in _ids(event, moves=event.subject in moved).items():
            found.setdefault(name, {})[event.subject] = own
    return {
        name: Remembered(pa.array(own, pa.string()), pa.array(own.values(), pa.string()))
        for name, own in found.items()
    }


def with_ids(state: pa.Table, told: Sequence[EventIds]) -> pa.Table:
    """The DECIDED rows of a table with new ids of their remembered events; each benefit is told of once."""
    for name in EVENT_IDS:
        own = [ids[name] for ids in told if name in ids]
        if own:
            benefits, ids = (pa.chunked_array(each, pa.string()) for each in zip(*own, strict=True))
            column = _replaced(state["benefit_id"], state[name], benefits, ids)
            state = state.set_column(DECIDED.get_field_index(name), DECIDED.field(name), column)
    return state


def _replaced(
    benefits: pa.ChunkedArray, column: pa.ChunkedArray, whose: pa.ChunkedArray, values: pa.ChunkedArray
) -> pa.ChunkedArray:
    """The column with the values of some benefits in place of theirs."""
    place = pc.index_in(benefits, value_set=whose.combine_chunks())
    return pc.if_else(pc.is_valid(place), pc.take(values, place), column)


def _ids(event: EventDraft, *, moves: bool) -> dict[str, str | None]:
    """Which of a benefit's remembered events this one becomes; `moves` says that its certification moved."""
    own = event.event_id
    match event.data:
        case EligibilitySuspected() | ConflictFound():
            return {"suspicion_event_id": own, "last_event_id": own}
        case SuspicionCleared(method="verification") | ConflictCleared(method="verification") if moves:
            return {"suspicion_event_id": None, "renewal_event_id": own, "last_event_id": own}
        case SuspicionCleared() | ConflictCleared():
            return {"suspicion_event_id": None, "last_event_id": own}
        case CertificationRenewed() | EvidenceWithdrawn():
            return {"renewal_event_id": own, "last_event_id": own}
        case _:
            return {"last_event_id": own}
