"""Notices: a certification that ends soon or has ended, a verification that takes too long."""

from datetime import date
from typing import Any

from gateway.decide.behind import Changed, cause_of, ground_of
from gateway.decide.channels import suggested_channel
from gateway.decide.tell.common import common
from gateway.events import BenefitEvent, CertificationDue, CertificationOverdue, SuspicionUnresolved


def about_notice(changed: Changed, as_of: date) -> BenefitEvent | None:
    """The reminder to be sent to the person, if any."""
    row, policy = changed.row, changed.policy
    if not (row["due"] or row["overdue"]):
        return None
    said = _to_the_person(changed, as_of)
    cycle, reminder = policy.benefits[row["benefit"]], policy.notices.due_within_days
    if row["due"]:
        return CertificationDue(
            **said, within_days=row["notice_days"], clauses=policy.clauses(cycle, reminder)
        )
    # who is overdue may be suspended, by the clause that also says how payment comes back
    suspension = policy.restoration.commitment_after_suspended_years
    return CertificationOverdue(**said, clauses=policy.clauses(cycle, suspension, reminder))


def about_verification(changed: Changed, as_of: date) -> BenefitEvent | None:
    """That nobody has closed the verification in time; the suspicion itself stands as it was told."""
    row, policy = changed.row, changed.policy
    if not row["unresolved"]:
        return None
    ground = ground_of(policy, row["benefit"], row["reason"])
    return SuspicionUnresolved(
        **_to_the_person(changed, as_of),
        reason=row["reason"],
        confidence=row["confidence"],
        verify_within_days=policy.ledger.verify_within_days.value,
        clauses=policy.clauses(*filter(None, [ground, policy.ledger.verify_within_days])),
        evidence=changed.referred(cause_of(row["reason"]) or ""),
    )


def _to_the_person(changed: Changed, as_of: date) -> dict[str, Any]:
    channel = suggested_channel(changed.row, changed.policy, as_of)
    return {**common(changed, as_of), "notify": True, "suggested_channel": channel}
