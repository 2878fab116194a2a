"""Events about a suspicion or conflict: found, found otherwise, ended."""

from datetime import date
from typing import Any

from gateway.decide.behind import CUSTODY_REASONS, OPEN, Changed, cause_of, ground_of
from gateway.decide.channels import suggested_channel
from gateway.decide.restoration import required_after_custody, restoration
from gateway.decide.tell.common import common, is_cleared
from gateway.events import (
    BenefitEvent,
    ConflictCleared,
    ConflictFound,
    EligibilitySuspected,
    EvidenceReference,
    SuspicionCleared,
)
from gateway.policy.entries import Entry


def about_finding(changed: Changed, as_of: date) -> BenefitEvent | None:
    """What to say of a suspicion or conflict; one that a person confirmed as a loss changes silently."""
    if _is_found(changed):
        return _found(changed, as_of)
    return _cleared(changed, as_of) if is_cleared(changed) else None


def _is_found(changed: Changed) -> bool:
    row = changed.row
    if row["decision"] not in OPEN or row["confirmed"]:
        return False
    differs = any(row[name] != row[f"was_{name}"] for name in ("decision", "reason", "confidence"))
    return differs or row["suspicion_event_id"] is None


def _found(changed: Changed, as_of: date) -> BenefitEvent:
    row, policy = changed.row, changed.policy
    said = {
        **common(changed, as_of),
        **_particulars(changed),
        "reason": row["reason"],
        "confidence": row["confidence"],
        "suggested_channel": suggested_channel(row, policy, as_of),
        "notify": policy.notices.tell_suspected.value,
        "replaces": row["suspicion_event_id"],
        "clauses": policy.clauses(*_grounds(changed, row["reason"])),
        "evidence": changed.referred(cause_of(row["reason"]) or ""),
    }
    if row["decision"] == "suspected":
        return EligibilitySuspected(**said)
    return ConflictFound(**said, priority="likely_alive" if row["likely_alive"] else None)


def _particulars(changed: Changed) -> dict[str, Any]:
    row = changed.row
    if row["reason"] in CUSTODY_REASONS:
        return {
            "release_unconfirmed": row["release_unconfirmed"] or None,
            "requires": required_after_custody(row["benefit"], changed.policy),
        }
    if row["reason"] != "death":
        return {}
    disputed = [row["disputed_from"], row["disputed_until"]] if row["disputed_from"] else None
    return {"date_disputed": disputed, "rests_on_voided": row["rests_on_voided"] or None}


def _cleared(changed: Changed, as_of: date) -> BenefitEvent:
    row, policy = changed.row, changed.policy
    verified, way_back = row["verified"] or changed.settles is not None, restoration(changed, as_of)
    entries = [
        *_grounds(changed, row["was_reason"]),
        *([policy.ledger.verify_within_days] if verified else []),
        *([policy.restoration.resumption_after_years] if way_back else []),
    ]
    model = SuspicionCleared if row["was_decision"] == "suspected" else ConflictCleared
    return model(
        **common(changed, as_of),
        reason=row["was_reason"],
        method="verification" if verified else None,
        restoration=way_back,
        replaces=row["suspicion_event_id"],
        clauses=policy.clauses(*entries),
        evidence=_ending(changed),
    )


def _ending(changed: Changed) -> list[EvidenceReference]:
    """The releases and check-ins that ended a custody; what ended anything else is no longer there."""
    return changed.referred("custody_end") if cause_of(changed.row["was_reason"]) == "custody" else []


def _grounds(changed: Changed, reason: str | None) -> list[Entry]:
    ground = ground_of(changed.policy, changed.row["benefit"], reason)
    return [ground] if ground else []
