"""What a person settles about a benefit that has left the roster since: nothing decides it any more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.decide.behind import OPEN, cause_of, ground_of
from gateway.events import (
    ConflictCleared,
    ConflictFound,
    EligibilitySuspected,
    LossConfirmed,
    SuspicionCleared,
    draft,
)
from gateway.store.decisions import Decision, current
from gateway.store.ledger import Entry
from gateway.store.outbox import StoredEvent, events_about
from gateway.sync.benefits import find_holder
from gateway.sync.one import Start, Told
from gateway.sync.station import Station

_FOUND: Final = (EligibilitySuspected.type_name, ConflictFound.type_name, LossConfirmed.type_name)
_ENDED: Final = (SuspicionCleared.type_name, ConflictCleared.type_name)


def is_gone(station: Station, seen: Entry) -> bool:
    """Whether an entry's benefit is no longer on the roster."""
    return find_holder(station, seen.benefit_id) is None


def taken_back(seen: Entry, start: Start) -> Told:
    """What was told about the entry's cause and still stands is cleared; nothing is certified."""
    with start.station.store.read() as conn:
        told = events_about(conn, seen.benefit_id)
        decided = current(conn, seen.benefit_id)
    word = _last_word(told, start.origin.type_prefix) if told else _decided_word(seen, decided)
    if word is None or cause_of(word.reason) != seen.cause:
        return Told()
    return Told(
        events=[draft(_cleared(seen, word, start), start.origin, told[-1].event_id if told else None)]
    )


@dataclass(frozen=True)
class _Word:
    """What was told last and stands; `event_id` is null where retention has removed the event itself."""

    reason: str | None
    conflicting: bool
    event_id: str | None


def _last_word(told: Sequence[StoredEvent], prefix: str) -> _Word | None:
    found = _still_told(told, prefix)
    if found is None:
        return None
    reason = json.loads(found.body)["data"].get("reason")
    return _Word(reason, found.type.endswith(ConflictFound.type_name), found.event_id)


def _decided_word(seen: Entry, decided: Decision | None) -> _Word | None:
    """Without any event, the decision that stood when the benefit left says what had been told."""
    if decided is None or not (decided.decision in OPEN or seen.outcome == "ineligible"):
        return None
    return _Word(decided.reason or seen.reason, decided.decision == "conflicting", None)


def _still_told(events: Sequence[StoredEvent], prefix: str) -> StoredEvent | None:
    """The last word about a suspicion, a conflict or a loss, where nothing has ended it since."""
    named = [(each.type.removeprefix(prefix), each) for each in reversed(events)]
    name, last = next(((name, each) for name, each in named if name in _FOUND + _ENDED), ("", None))
    return last if name in _FOUND else None


def _cleared(seen: Entry, word: _Word, start: Start) -> SuspicionCleared | ConflictCleared:
    policy = start.policy
    ground = ground_of(policy, seen.benefit, word.reason)
    model = ConflictCleared if word.conflicting else SuspicionCleared
    return model(
        person_no=seen.person_no,
        benefit_id=seen.benefit_id,
        benefit=seen.benefit,
        county=seen.county,
        decision="uncovered",
        reason=word.reason,
        as_of=start.as_of,
        method="verification",
        replaces=word.event_id,
        clauses=policy.clauses(*filter(None, [ground]), policy.ledger.verify_within_days),
        policy_version=policy.version,
    )
