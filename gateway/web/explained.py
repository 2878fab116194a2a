"""What `/v1/benefits/{benefit_id}` answers: the decision that stands, why, and what came before."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from gateway.events import Restoration
from gateway.events.words import Channel, Confidence, Decision, Reason
from gateway.store.ledger import Effect, Outcome, State
from gateway.web.answers import Answer

Days = Annotated[list[date], Field(min_length=2, max_length=2)]


class CauseLookedAt(Answer):
    """A cause that the decision looked at: whether it was taken, and why or why not."""

    cause: str
    rule: str
    clauses: list[str]
    taken: bool
    standing: str
    why: str
    date_disputed: Days | None = None
    rests_on_voided: Literal[True] | None = None
    priority: Literal["likely_alive"] | None = None
    release_unconfirmed: Literal[True] | None = None


class EvidenceShown(Answer):
    """A record that the decision rests on or did not take; `id` is opaque."""

    id: str
    role: str
    standing: str
    department: str
    kind: str
    basis: str | None
    strength: str | None
    identity: str
    happened_on: date | None = None
    ends_on: date | None = None
    released_on: date | None = None


class Notice(Answer):
    """The last notice of this cycle: due within so many days, or overdue."""

    told: Literal["due", "overdue"]
    within_days: int | None = None
    valid_until: date | None


class EntryOf(Answer):
    """A ledger entry of the benefit, as it is now."""

    entry: int
    cause: str
    reason: str | None
    state: State
    opened_on: date
    assignee: str | None
    outcome: Outcome | None
    outcome_on: date | None
    effect: Effect | None
    ended_on: date | None


class EventOf(Answer):
    """An event about the benefit that was let out."""

    sequence: int
    id: str
    type: str
    time: datetime
    replaces: str | None


class DecisionBefore(Answer):
    """A decision that stood earlier."""

    decision: Decision
    reason: Reason | None
    confidence: Confidence | None
    certified_on: date | None
    valid_until: date | None
    as_of: date
    decided_at: datetime
    run_id: int


class BenefitExplained(DecisionBefore):
    """The decision that stands, with its causes, its evidence, its events and what came before."""

    benefit_id: str
    person_no: str
    rule: str
    certified_by: str | None
    holds: list[str]
    uncompared: list[str]
    of_life_uncompared: list[str]
    unmatchable: bool
    causes: list[CauseLookedAt]
    evidence: list[EvidenceShown]
    notice: Notice | None
    restoration: Restoration | None
    suggested_channel: Channel | None
    would_change: list[str]
    policy_version: str
    ledger: list[EntryOf]
    events: list[EventOf]
    history: list[DecisionBefore]
