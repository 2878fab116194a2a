"""Why a benefit was decided so: the body that is stored with a decision and printed by `explain`.

It names rules, clauses and rows of evidence by opaque id; never a person, an ID number or a department's key.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from gateway.decide.behind import Changed, cause_of, evidence_id
from gateway.decide.causes import RULES, causes_of
from gateway.decide.channels import suggested_channel
from gateway.decide.compared import Gaps
from gateway.decide.outlook import would_change
from gateway.decide.restoration import restoration
from gateway.decide.tell.common import is_cleared

_RULE_OF_DECISION: Final = {"certified": "3.5", "uncovered": "3.6", "uncompared": "3.0"}


def explained(changed: Changed, as_of: date, gaps: Gaps) -> dict[str, Any]:
    """The explanation as plain JSON values; every cause that was looked at, taken or not."""
    row, policy = changed.row, changed.policy
    return {
        "decision": row["decision"],
        "rule": _rule(row),
        "reason": row["reason"],
        "confidence": row["confidence"],
        "as_of": as_of.isoformat(),
        "certified_on": _iso(row["certified_on"]),
        "certified_by": row["certified_by"],
        "valid_until": _iso(row["valid_until"]),
        "holds": row["holds"],
        "uncompared": list(gaps.uncompared),
        "of_life_uncompared": list(gaps.of_life),
        "unmatchable": not row["matchable"],
        "causes": causes_of(changed, gaps),
        "evidence": [_shown(found) for found in changed.behind],
        "notice": _notice(row),
        "restoration": _restoration(changed, as_of),
        "suggested_channel": suggested_channel(row, policy, as_of),
        "would_change": would_change(changed, as_of, gaps),
        "policy_version": policy.version,
    }


def _rule(row: Mapping[str, Any]) -> str:
    cause = cause_of(row["reason"])
    return f"POLICY {RULES[cause] if cause else _RULE_OF_DECISION[row['decision']]}"


def _notice(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The last notice of this cycle, told now or earlier."""
    days = row["notice_days"]
    if days is None:
        return None
    told = {"told": "due", "within_days": days} if days else {"told": "overdue"}
    return told | {"valid_until": _iso(row["notice_for"])}


def _restoration(changed: Changed, as_of: date) -> dict[str, Any] | None:
    """What this run told of the way back of a suspended payment."""
    row = changed.row
    if not (row["renewed"] or row["verified"] or is_cleared(changed)):
        return None
    way_back = restoration(changed, as_of)
    return way_back.model_dump() if way_back else None


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    same = ("role", "standing", "department", "kind", "basis", "strength", "identity")
    days = ("happened_on", "ends_on", "released_on")
    return {
        "id": evidence_id(row),
        **{name: row[name] for name in same},
        **{name: _iso(row[name]) for name in days if row[name]},
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
