"""The ten types of event and their data (POLICY 7); what an event does not know, it leaves out."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from gateway.events.words import (
    Cause,
    Channel,
    Closed,
    Confidence,
    DayRange,
    Decision,
    LifeSources,
    Quiet,
    Reason,
    References,
    Requirement,
    Restoration,
)


class BenefitEvent(Closed):
    """What every event about a benefit says; `decision` is the one that stands after it."""

    type_name: ClassVar[str]

    person_no: str
    benefit_id: str
    benefit: str
    county: str | None = None
    decision: Decision
    as_of: date
    certified_on: date | None = None
    valid_until: date | None = None
    notify: bool = False
    replaces: str | None = None
    clauses: list[str]
    policy_version: str


class CertificationRenewed(BenefitEvent):
    """A certification moved forward: by data matching (信息比对认证), or by a person's verification."""

    type_name: ClassVar[str] = "certification.renewed"

    decision: Decision = "certified"
    certified_on: date
    valid_until: date | None = None
    method: Literal["data_matching", "verification"] = "data_matching"
    restoration: Restoration | None = None
    evidence: LifeSources

    @model_validator(mode="after")
    def _matched_data_certify(self) -> "CertificationRenewed":
        silent = self.method == "data_matching"
        if silent and (self.decision != "certified" or self.valid_until is None):
            raise ValueError("data matching renews only what is certified by it, until a day")
        return self


class CertificationDue(BenefitEvent):
    """A certification ends within `within_days`, the tightest threshold reached."""

    type_name: ClassVar[str] = "certification.due"

    decision: Quiet
    certified_on: date
    valid_until: date
    within_days: Annotated[int, Field(ge=0)]
    suggested_channel: Channel


class CertificationOverdue(BenefitEvent):
    """A certification ran out, or none came within a cycle on the roster, though everything was compared."""

    type_name: ClassVar[str] = "certification.overdue"

    decision: Literal["uncovered"] = "uncovered"
    suggested_channel: Channel


class _Finding(BenefitEvent):
    reason: Reason
    confidence: Confidence
    suggested_channel: Channel
    date_disputed: DayRange | None = None
    release_unconfirmed: Literal[True] | None = None
    rests_on_voided: Literal[True] | None = None
    requires: list[Requirement] | None = None
    evidence: References


class ConflictFound(_Finding):
    """Adverse evidence and evidence of life stand against each other: a person is to verify.

    `priority` says that the adverse report is probably wrong. Sent again when reason or confidence changes.
    """

    type_name: ClassVar[str] = "certification.conflict.found"

    decision: Literal["conflicting"] = "conflicting"
    priority: Literal["likely_alive"] | None = None


class EligibilitySuspected(_Finding):
    """Entitlement may be lost: a person is to verify. Sent again when reason or confidence changes."""

    type_name: ClassVar[str] = "eligibility.suspected"

    decision: Literal["suspected"] = "suspected"


class _Cleared(BenefitEvent):
    decision: Quiet
    reason: Reason
    method: Literal["verification"] | None = None
    restoration: Restoration | None = None
    evidence: References = Field(default_factory=list)


class ConflictCleared(_Cleared):
    """A conflict ended, in the data or by a person's verification; `reason` is the one it had."""

    type_name: ClassVar[str] = "certification.conflict.cleared"


class SuspicionCleared(_Cleared):
    """A suspicion ended, in the data or by a person's verification; `reason` is the one it had."""

    type_name: ClassVar[str] = "eligibility.suspicion.cleared"


class SuspicionUnresolved(BenefitEvent):
    """Nobody closed the verification within `verify_within_days`: payment may be suspended (未核实)."""

    type_name: ClassVar[str] = "eligibility.suspicion.unresolved"

    decision: Literal["suspected", "conflicting"]
    reason: Reason
    confidence: Confidence
    verify_within_days: Annotated[int, Field(ge=0)]
    suggested_channel: Channel
    evidence: References


class LossConfirmed(BenefitEvent):
    """A person found the benefit ineligible as of `ended_on`; what was paid from `overpaid_from` on is owed.

    `cause` is that of the ledger entry; an identity doubt has no `reason`.
    """

    type_name: ClassVar[str] = "eligibility.loss.confirmed"

    cause: Cause
    reason: Reason | None = None
    method: Literal["verification"] = "verification"
    effect: Literal["stop", "terminate"]
    ended_on: date
    overpaid_from: date
    evidence: References = Field(default_factory=list)


class EvidenceWithdrawn(BenefitEvent):
    """A renewal is taken back: its evidence was withdrawn; carries the restored certification."""

    type_name: ClassVar[str] = "evidence.withdrawn"


EVENT_TYPES: Final[tuple[type[BenefitEvent], ...]] = (
    CertificationRenewed,
    CertificationDue,
    CertificationOverdue,
    ConflictFound,
    ConflictCleared,
    EligibilitySuspected,
    SuspicionCleared,
    SuspicionUnresolved,
    LossConfirmed,
    EvidenceWithdrawn,
)
