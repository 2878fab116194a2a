"""Turns the changed decisions of a bucket into event drafts, rows for the store and the next state."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from gateway.decide.channels import suggested_channel
from gateway.decide.columns import DECIDED
from gateway.decide.engine import BucketOutcome
from gateway.decide.explanation import evidence_id, explained, ground_of, is_behind
from gateway.events import (
    MAX_EVIDENCE,
    BenefitEvent,
    CertificationRenewed,
    EligibilitySuspected,
    EventDraft,
    EvidenceReference,
    EvidenceWithdrawn,
    LifeSource,
    Origin,
    SuspicionCleared,
    draft,
)
from gateway.policy import Policy

Row = Mapping[str, Any]


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
    """The events of the changed decisions; a benefit has at most one in a run."""
    behind = _by_benefit(outcome.references)
    found = ((row, _event(row, behind[row["benefit_id"]], policy, as_of)) for row in _rows(outcome.changed))
    return [draft(event, origin, row["last_event_id"]) for row, event in found if event]


def decision_rows(
    outcome: BucketOutcome, policy: Policy, as_of: date, uncompared: Sequence[str]
) -> Iterator[DecisionRow]:
    """The changed decisions with their explanations."""
    behind = _by_benefit(outcome.references)
    for row in _rows(outcome.changed):
        body = explained(row, behind[row["benefit_id"]], policy, as_of, uncompared)
        yield DecisionRow(
            **{name: row[name] for name in DecisionRow.__dataclass_fields__ if name != "body"}, body=body
        )


def next_state(outcome: BucketOutcome, events: Iterable[EventDraft]) -> pa.Table:
    """The DECIDED rows to carry to the next run, with the ids of this run's events."""
    said = {event.subject: event for event in events}
    state = outcome.state
    ids = state.select(["benefit_id", "suspicion_event_id", "renewal_event_id", "last_event_id"]).to_pydict()
    for index, benefit_id in enumerate(ids["benefit_id"]):
        if benefit_id in said:
            for name, value in _ids(said[benefit_id]).items():
                ids[name][index] = value
    for name in ("suspicion_event_id", "renewal_event_id", "last_event_id"):
        field = DECIDED.field(name)
        state = state.set_column(DECIDED.get_field_index(name), field, pa.array(ids[name], field.type))
    return state


def _ids(event: EventDraft) -> dict[str, str | None]:
    match event.data:
        case EligibilitySuspected():
            return {"suspicion_event_id": event.event_id, "last_event_id": event.event_id}
        case SuspicionCleared():
            return {"suspicion_event_id": None, "last_event_id": event.event_id}
        case _:
            return {"renewal_event_id": event.event_id, "last_event_id": event.event_id}


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _by_benefit(references: pa.Table) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in _rows(references):
        found[row["benefit_id"]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row["role"], row["happened_on"] or date.min, evidence_id(row)))
    return found


def _event(row: Row, behind: Sequence[Row], policy: Policy, as_of: date) -> BenefitEvent | None:
    was, now = row["was_decision"], row["decision"]
    told = _common(row, policy, as_of)
    if now == "suspected" and _finding(row) != _finding_before(row):
        return _suspected(row, behind, policy, told)
    if was == "suspected" and now != "suspected":
        return _cleared(row, policy, told)
    if row["withdrawn"]:
        clauses = policy.clauses(policy.certification.min_extension_days)
        return EvidenceWithdrawn(**told, replaces=row["renewal_event_id"], clauses=clauses)
    return _renewed(row, behind, policy, told) if row["renewed"] else None


def _finding(row: Row) -> tuple[str | None, ...]:
    return row["decision"], row["reason"], row["confidence"]


def _finding_before(row: Row) -> tuple[str | None, ...]:
    return row["was_decision"], row["was_reason"], row["was_confidence"]


def _common(row: Row, policy: Policy, as_of: date) -> dict[str, Any]:
    same = ("person_no", "benefit_id", "benefit", "decision", "certified_on", "valid_until")
    return {
        **{name: row[name] for name in same},
        "county": row["insured_county"],
        "as_of": as_of,
        "policy_version": policy.version,
    }


def _suspected(row: Row, behind: Sequence[Row], policy: Policy, told: dict[str, Any]) -> BenefitEvent:
    ground = ground_of(policy, row["benefit"], row["reason"])
    return EligibilitySuspected(
        **told,
        reason=row["reason"],
        confidence=row["confidence"],
        suggested_channel=suggested_channel(row, policy, told["as_of"]),
        notify=policy.notices.tell_suspected.value,
        replaces=row["suspicion_event_id"],
        clauses=policy.clauses(*filter(None, [ground])),
        evidence=[_reference(found) for found in behind if is_behind(found, row, policy)][-MAX_EVIDENCE:],
    )


def _cleared(row: Row, policy: Policy, told: dict[str, Any]) -> BenefitEvent:
    ground = ground_of(policy, row["benefit"], row["was_reason"])
    return SuspicionCleared(
        **told,
        reason=row["was_reason"],
        replaces=row["suspicion_event_id"],
        clauses=policy.clauses(*filter(None, [ground])),
    )


def _renewed(row: Row, behind: Sequence[Row], policy: Policy, told: dict[str, Any]) -> BenefitEvent:
    life = [found for found in behind if found["role"] == "life"]
    sources = dict.fromkeys((found["department"], found["strength"]) for found in life)
    kinds = [policy.records[kind] for kind in dict.fromkeys(found["kind"] for found in life)]
    return CertificationRenewed(
        **told,
        clauses=policy.clauses(policy.benefits[row["benefit"]], *kinds),
        evidence=[LifeSource(department=name, strength=strength) for name, strength in sources],
    )


def _reference(row: Row) -> EvidenceReference:
    return EvidenceReference(
        id=evidence_id(row),
        department=row["department"],
        kind=row["kind"],
        happened_on=row["happened_on"],
    )
