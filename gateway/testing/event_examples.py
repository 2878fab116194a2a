"""One event of each type, about nobody: the golden files beside the schemas, and examples for consumers."""

from datetime import UTC, date, datetime
from typing import Any, Final

from gateway.events import (
    BenefitEvent,
    CertificationDue,
    CertificationOverdue,
    CertificationRenewed,
    ConflictCleared,
    ConflictFound,
    EligibilitySuspected,
    EvidenceReference,
    EvidenceWithdrawn,
    LifeSource,
    LossConfirmed,
    Origin,
    Restoration,
    SuspicionCleared,
    SuspicionUnresolved,
)

NOTICE: Final = "湘人社办发〔2026〕10号"
BEFORE: Final = f"evt_{1:032x}"
"""The benefit's event before: what causes the example, and what it replaces where it replaces one."""

_COMMON: Final[dict[str, Any]] = {
    "person_no": "P0000001",
    "benefit_id": "B0000001",
    "benefit": "employee_pension",
    "county": "990101",
    "as_of": date(2026, 6, 30),
    "policy_version": "2026-04-20.1",
}
_CERTIFIED: Final[dict[str, Any]] = {
    "certified_on": date(2026, 6, 20),
    "valid_until": date(2027, 6, 20),
}
_BEFORE: Final[dict[str, Any]] = {
    "certified_on": date(2025, 8, 1),
    "valid_until": date(2026, 8, 1),
}
_DEATH: Final = EvidenceReference(
    id=f"ev_{7:032x}00", department="health", kind="death", happened_on=date(2026, 6, 1)
)
_VISIT: Final = EvidenceReference(
    id=f"ev_{8:032x}00", department="medical_insurance", kind="settlement", happened_on=date(2026, 6, 12)
)
_SENTENCE: Final = EvidenceReference(
    id=f"ev_{9:032x}00", department="justice", kind="custody", happened_on=date(2026, 1, 15)
)
_SUSPENDED: Final = [f"{NOTICE} 二（五）", "社会保险经办条例 26"]


def origin(type_prefix: str) -> Origin:
    """The run that would have made the examples."""
    return Origin("/gateway", type_prefix, datetime(2026, 6, 30, 16, 0, tzinfo=UTC), "run-7")


def examples() -> list[BenefitEvent]:
    """The data of one event of each type, with all that the type can carry."""
    return [*_certifications(), *_findings(), *_by_a_person()]


def _certifications() -> list[BenefitEvent]:
    automatic = Restoration(
        procedure="automatic",
        requires=["commitment"],
        back_pay="yes",
        clause=f"{NOTICE} 二（五）",
        post_restoration_review=True,
    )
    return [
        CertificationRenewed(
            **_COMMON,
            **_CERTIFIED,
            clauses=[f"{NOTICE} 二（一）", f"{NOTICE} 二（二）"],
            restoration=automatic,
            evidence=[LifeSource(department="health", strength="strong")],
        ),
        CertificationDue(
            **_COMMON,
            **_BEFORE,
            decision="certified",
            within_days=60,
            suggested_channel="self_service",
            notify=True,
            clauses=[f"{NOTICE} 二（一）", f"{NOTICE} 二（六）"],
        ),
        CertificationOverdue(
            **_COMMON | {"as_of": date(2026, 8, 31)},
            **_BEFORE,
            suggested_channel="community",
            notify=True,
            clauses=[f"{NOTICE} 二（一）", f"{NOTICE} 二（五）", f"{NOTICE} 二（六）"],
        ),
        EvidenceWithdrawn(
            **_COMMON,
            **_BEFORE,
            decision="certified",
            replaces=BEFORE,
            clauses=[f"{NOTICE} 二（二）", "POLICY 3.5"],
        ),
    ]


def _findings() -> list[BenefitEvent]:
    died: dict[str, Any] = _COMMON | _BEFORE | {"reason": "death", "clauses": _SUSPENDED}
    return [
        EligibilitySuspected(
            **died,
            confidence="corroborated",
            date_disputed=[date(2026, 5, 30), date(2026, 6, 1)],
            rests_on_voided=True,
            suggested_channel="self_service",
            notify=True,
            replaces=BEFORE,
            evidence=[_DEATH],
        ),
        ConflictFound(
            **died,
            confidence="single_source",
            priority="likely_alive",
            suggested_channel="home_visit",
            notify=True,
            evidence=[_DEATH, _VISIT],
        ),
        SuspicionUnresolved(
            **died,
            decision="suspected",
            confidence="corroborated",
            verify_within_days=30,
            suggested_channel="self_service",
            notify=True,
            evidence=[_DEATH],
        ),
    ]


def _by_a_person() -> list[BenefitEvent]:
    resumption = Restoration(
        procedure="resumption",
        requires=["commitment", "employer_verification", "in_person_documents"],
        back_pay="no",
        clause=f"{NOTICE} 二（五）",
        post_restoration_review=True,
    )
    verified: dict[str, Any] = _COMMON | _CERTIFIED | {"decision": "certified", "method": "verification"}
    clauses = [*_SUSPENDED, f"{NOTICE} 二（七）"]
    return [
        ConflictCleared(**verified, reason="death", replaces=BEFORE, clauses=clauses),
        SuspicionCleared(
            **verified | {"benefit": "institution_pension"},
            reason="sentence",
            restoration=resumption,
            replaces=BEFORE,
            clauses=clauses,
            evidence=[_SENTENCE],
        ),
        LossConfirmed(
            **_COMMON,
            **_BEFORE,
            decision="suspected",
            cause="death",
            reason="death",
            effect="terminate",
            ended_on=date(2026, 6, 1),
            overpaid_from=date(2026, 6, 2),
            clauses=clauses,
            evidence=[_DEATH],
        ),
    ]
