"""What is stored about a benefit, put together to explain it: decision, ledger, events, what came before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.decide.outlook import closing
from gateway.store.database import Store
from gateway.store.decisions import Decision, history
from gateway.store.ledger import Entry, Wanted, list_entries
from gateway.store.outbox import StoredEvent, events_about
from gateway.sync.texts import is_writable

_EARLIER: Final = (
    "decision", "reason", "confidence", "certified_on", "valid_until", "as_of", "decided_at", "run_id",
)  # fmt: skip
_ENTRY: Final = (
    "cause", "reason", "state", "opened_on", "assignee", "outcome", "outcome_on", "effect", "ended_on",
)  # fmt: skip
_MOST_ENTRIES: Final = 1000


@dataclass(frozen=True)
class Explanation:
    """The decision that stands, the events let out about the benefit, and earlier decisions, newest first.

    `ledger` are the benefit's entries as they are now, the oldest first.
    """

    decision: Decision
    events: Sequence[StoredEvent]
    earlier: Sequence[Decision]
    ledger: Sequence[Entry] = ()

    def entry_of(self, cause: str) -> Entry | None:
        """The entry that decides about a cause: the open one, else a confirmed loss, else the newest."""
        of_cause = [entry for entry in self.ledger if entry.cause == cause]
        return max(of_cause, key=_weight, default=None)


def explanation_of(store: Store, benefit_id: str) -> Explanation | None:
    """From what was stored with each decision, nothing computed again; nothing where none was decided."""
    if not is_writable(benefit_id):
        return None
    with store.read() as conn:
        events = events_about(conn, benefit_id)
        decided = history(conn, benefit_id)
        entries = list_entries(conn, Wanted(state="all", benefit_id=benefit_id, limit=_MOST_ENTRIES))
    if not decided:
        return None
    released = [event for event in events if event.released_at is not None]
    return Explanation(decided[0], released, decided[1:], entries)


def holds_of(explanation: Explanation) -> Iterator[str]:
    """What holds the benefit, and until when, by the ledger as it is now."""
    body = explanation.decision.body
    over = {each["cause"] for each in body["causes"] if each["standing"] == "held"}
    lost = (entry.cause for entry in explanation.ledger if entry.outcome == "ineligible")
    for cause in dict.fromkeys((*body["holds"], *lost)):
        entry = explanation.entry_of(cause)
        if entry is None:
            yield f"held until a person closes it: {cause}"
        elif entry.state == "open":
            yield f"held until a person closes it: {cause}, ledger entry {entry.entry_id}"
        elif entry.outcome == "ineligible":
            yield f"held: {cause}, a person confirmed the loss, ledger entry {entry.entry_id}"
        else:
            until = "until the next run decides it anew" if cause in over else "while its evidence stands"
            yield f"held {until}: {cause}, {_closed(entry)}"


def would_change(explanation: Explanation) -> list[str]:
    """What would change the decision: as stored with it, but for what has become of the ledger since."""
    said: list[str] = list(explanation.decision.body["would_change"])
    for cause in {entry.cause for entry in explanation.ledger}:
        if closing(cause) in said:
            place = said.index(closing(cause))
            said[place : place + 1] = _by_a_person(explanation, cause)
    return said


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as programs read it; days and instants are values, not yet text."""
    found = explanation.decision
    return {
        "benefit_id": found.benefit_id,
        "person_no": found.person_no,
        **found.body,
        "would_change": would_change(explanation),
        "as_of": found.as_of,
        "decided_at": found.decided_at,
        "run_id": found.run_id,
        "ledger": [_entry(entry) for entry in explanation.ledger],
        "events": [_event(event) for event in explanation.events],
        "history": [_earlier(decision) for decision in explanation.earlier],
    }


def _weight(entry: Entry) -> tuple[bool, bool, int]:
    return entry.state == "open", entry.outcome == "ineligible", entry.entry_id


def _by_a_person(explanation: Explanation, cause: str) -> list[str]:
    """A confirmed loss is settled: nothing is left for a person to close."""
    entry = explanation.entry_of(cause)
    if entry is None or entry.outcome == "ineligible":
        return []
    if entry.state == "open":
        return [f"{closing(cause)}, ledger entry {entry.entry_id}"]
    if entry.outcome == "duplicate":
        return [f"a person resolves it otherwise: {cause}, {_closed(entry)}"]
    return [closing(cause)]


def _closed(entry: Entry) -> str:
    return f"ledger entry {entry.entry_id} is closed as {entry.outcome}"


def _entry(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.entry_id, **{name: getattr(entry, name) for name in _ENTRY}}


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
