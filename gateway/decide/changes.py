"""Turns the changed decisions of a bucket into event drafts, rows for the store and the next state."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa

from gateway.decide.behind import changed_decisions
from gateway.decide.columns import DECIDED
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

_EVENT_IDS: Final = ("suspicion_event_id", "renewal_event_id", "last_event_id")


@dataclass(frozen=True)
class DecisionRow:
    """A decision as the store keeps it; `body` holds everything that `explain` prints."""

    benefit_id: str
    person_no: str
    decision: str
    reason: str | None
    confidence: str | None
    certified_on: date | None
    valid_until: date | None
    body: dict[str, Any]


def drafts(outcome: BucketOutcome, policy: Policy, as_of: date, origin: Origin) -> list[EventDraft]:
    """The events of the changed decisions; those of one benefit follow each other."""
    found: list[EventDraft] = []
    for changed in changed_decisions(outcome, policy):
        previous = changed.row["last_event_id"]
        for event in told_of(changed, as_of):
            found.append(draft(event, origin, previous))
            previous = found[-1].event_id
    return found


def decision_rows(outcome: BucketOutcome, policy: Policy, as_of: date, gaps: Gaps) -> Iterator[DecisionRow]:
    """The changed decisions with their explanations."""
    columns = [name for name in DecisionRow.__dataclass_fields__ if name != "body"]
    for changed in changed_decisions(outcome, policy):
        body = explained(changed, as_of, gaps)
        yield DecisionRow(**{name: changed.row[name] for name in columns}, body=body)


def next_state(outcome: BucketOutcome, events: Iterable[EventDraft]) -> pa.Table:
    """The DECIDED rows to carry to the next run, with the ids of this run's events."""
    state = outcome.state
    ids = state.select(["benefit_id", *_EVENT_IDS]).to_pydict()
    places = {benefit_id: place for place, benefit_id in enumerate(ids["benefit_id"])}
    moved = set(outcome.changed.filter(outcome.changed["verified"])["benefit_id"].to_pylist())
    for event in events:
        for name, event_id in _ids(event, moves=event.subject in moved).items():
            ids[name][places[event.subject]] = event_id
    for name in _EVENT_IDS:
        field = DECIDED.field(name)
        state = state.set_column(DECIDED.get_field_index(name), field, pa.array(ids[name], field.type))
    return state


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
