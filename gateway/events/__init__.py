"""The events a decision makes (POLICY 7).

An event carries no ID number, no name and no department's own key.
"""

from gateway.events.envelope import (
    MAX_BYTES,
    Envelope,
    EventDraft,
    Origin,
    draft,
    enveloped,
    event_id,
    hashed_of,
    serialise,
    series,
    told,
)
from gateway.events.schemas import schemas
from gateway.events.types import (
    EVENT_TYPES,
    BenefitEvent,
    CertificationDue,
    CertificationOverdue,
    CertificationRenewed,
    ConflictCleared,
    ConflictFound,
    EligibilitySuspected,
    EvidenceWithdrawn,
    LossConfirmed,
    SuspicionCleared,
    SuspicionUnresolved,
)
from gateway.events.words import (
    MAX_EVIDENCE,
    BackPay,
    EvidenceReference,
    LifeSource,
    Procedure,
    Requirement,
    Restoration,
)

__all__ = [
    "EVENT_TYPES",
    "MAX_BYTES",
    "MAX_EVIDENCE",
    "BackPay",
    "BenefitEvent",
    "CertificationDue",
    "CertificationOverdue",
    "CertificationRenewed",
    "ConflictCleared",
    "ConflictFound",
    "EligibilitySuspected",
    "Envelope",
    "EventDraft",
    "EvidenceReference",
    "EvidenceWithdrawn",
    "LifeSource",
    "LossConfirmed",
    "Origin",
    "Procedure",
    "Requirement",
    "Restoration",
    "SuspicionCleared",
    "SuspicionUnresolved",
    "draft",
    "enveloped",
    "event_id",
    "hashed_of",
    "schemas",
    "serialise",
    "series",
    "told",
]
