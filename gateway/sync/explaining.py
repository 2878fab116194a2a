"""What is stored about a benefit, put together to explain it: its decision, its events, what came before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.store.database import Store
from gateway.store.decisions import Decision, history
from gateway.store.outbox import StoredEvent, events_about

_EARLIER: Final = (
    "decision", "reason", "confidence", "certified_on", "valid_until", "as_of", "decided_at", "run_id",
)  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """The decision that stands, the events let out about the benefit, and earlier decisions, newest first."""

    decision: Decision
    events: Sequence[StoredEvent]
    earlier: Sequence[Decision]


def explanation_of(store: Store, benefit_id: str) -> Explanation | None:
    """From what was stored with each decision, nothing computed again; nothing where none was decided."""
    with store.read() as conn:
        events = events_about(conn, benefit_id)
        decided = history(conn, benefit_id)
    if not decided:
        return None
    released = [event for event in events if event.released_at is not None]
    return Explanation(decided[0], released, decided[1:])


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as programs read it; days and instants are values, not yet text."""
    found = explanation.decision
    return {
        "benefit_id": found.benefit_id,
        "person_no": found.person_no,
        **found.body,
        "as_of": found.as_of,
        "decided_at": found.decided_at,
        "run_id": found.run_id,
        "events": [_event(event) for event in explanation.events],
        "history": [_earlier(decision) for decision in explanation.earlier],
    }


def _event(event: StoredEvent) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "id": event.event_id,
        "type": event.type,
        "time": event.time,
        "replaces": event.replaces,
    }


def _earlier(decision: Decision) -> dict[str, Any]:
    return {name: getattr(decision, name) for name in _EARLIER}
