"""What a person is to verify: one live cause of one benefit, as the verification ledger takes it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.decide.behind import CUSTODY_REASONS, OPEN, Changed, cause_of, changed_decisions
from gateway.decide.outcome import BucketOutcome
from gateway.events import EventDraft, SuspicionUnresolved
from gateway.policy import Policy


@dataclass(frozen=True)
class LiveCause:
    """A live cause of a benefit; `suspected` where it is the one that the decision takes.

    `contents` and `datasets` are those of the rows it rests on, `evidence` names them as events do. A
    custody's `reason` is the graver one; an identity doubt has none.
    """

    benefit_id: str
    person: int
    person_no: str
    benefit: str
    county: str | None
    cause: str
    reason: str | None
    suspected: bool
    contents: list[int]
    datasets: list[str]
    evidence: list[dict[str, Any]]


def live_causes(outcome: BucketOutcome, policy: Policy) -> list[LiveCause]:
    """Every live cause of every changed benefit, taken or not."""
    return causes_live(changed_decisions(outcome, policy))


def causes_live(decisions: Iterable[Changed]) -> list[LiveCause]:
    """Every live cause of some changed decisions, as `live_causes`."""
    return [cause for changed in decisions for cause in _of_benefit(changed)]


def told_late(events: Iterable[EventDraft]) -> Iterator[tuple[str, str]]:
    """Benefit and cause of what these events tell to be open too long."""
    for event in events:
        if isinstance(event.data, SuspicionUnresolved):
            yield event.subject, cause_of(event.data.reason) or event.data.reason


def _of_benefit(changed: Changed) -> Iterator[LiveCause]:
    row = changed.row
    for cause in row["causes"]:
        behind = changed.behind_cause(cause)
        yield LiveCause(
            benefit_id=row["benefit_id"],
            person=row["person"],
            person_no=row["person_no"],
            benefit=row["benefit"],
            county=row["insured_county"],
            cause=cause,
            reason=_reason(changed, cause),
            suspected=row["decision"] in OPEN and cause_of(row["reason"]) == cause,
            contents=sorted({found["content"] for found in behind}),
            datasets=sorted({found["dataset"] for found in behind}),
            evidence=[each.model_dump(mode="json") for each in changed.referred(cause)],
        )


def _reason(changed: Changed, cause: str) -> str | None:
    if cause_of(changed.row["reason"]) == cause:
        return str(changed.row["reason"])
    if cause == "custody":
        bases = {found["basis"] for found in changed.behind_cause(cause)}
        return next((reason for reason in CUSTODY_REASONS if reason in bases), None)
    return None if cause == "identity_doubt" else cause
