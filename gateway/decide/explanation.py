"""Why a benefit was decided so: the body that is stored with a decision and printed by `explain`.

It names rules, clauses and rows of evidence by opaque id; never a person, an ID number or a department's key.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from gateway.decide.channels import suggested_channel
from gateway.policy import Ground, GroundName, Policy, effect_of

Row = Mapping[str, Any]

_CUSTODY: Final[tuple[GroundName, ...]] = ("sentence", "detention")
_DECIDED_GROUNDS: Final[tuple[GroundName, ...]] = ("death", *_CUSTODY)


def evidence_id(row: Row) -> str:
    """The opaque name of a row of evidence."""
    return f"ev_{row['key_hash'].hex()}{row['item']:02d}"


def ground_of(policy: Policy, benefit: str, reason: str | None) -> Ground | None:
    """The entry of `policy.yaml` that makes a reason a ground for a benefit."""
    found = policy.benefits.get(benefit)
    return getattr(found.grounds, reason) if found and reason else None


def is_behind(row: Row, decision: Row, policy: Policy) -> bool:
    """Whether a suspicion rests on this row of evidence."""
    if decision["reason"] == "death":
        return bool(row["role"] == "death" and row["standing"] == "counted")
    return row["role"] == "custody" and _suspects(row, decision, policy)


def _suspects(custody: Row, decision: Row, policy: Policy) -> bool:
    ground = ground_of(policy, decision["benefit"], custody["basis"])
    if ground is None or ground.effect != "yes":
        return False
    certified_on = decision["roster_certified_on"]
    lapsed_since = certified_on is None or bool(custody["ends_on"] and custody["ends_on"] > certified_on)
    return bool(custody["standing"] == "open" or (custody["standing"] == "unconfirmed" and lapsed_since))


def explained(
    row: Row, behind: Sequence[Row], policy: Policy, as_of: date, uncompared: Sequence[str]
) -> dict[str, Any]:
    """The explanation as plain JSON values; every cause that was looked at, taken or not."""
    return {
        "decision": row["decision"],
        "reason": row["reason"],
        "confidence": row["confidence"],
        "as_of": as_of.isoformat(),
        "certified_on": _iso(row["certified_on"]),
        "certified_by": row["certified_by"],
        "valid_until": _iso(row["valid_until"]),
        "holds": row["holds"],
        "uncompared": list(uncompared),
        "causes": [*_adverse_causes(row, behind, policy), _certification(row, policy, uncompared)],
        "evidence": [_shown(found) for found in behind],
        "facts": row["facts"],
        "suggested_channel": suggested_channel(row, policy, as_of),
        "would_change": _would_change(row, policy, as_of, uncompared),
        "policy_version": policy.version,
    }


def _adverse_causes(row: Row, behind: Sequence[Row], policy: Policy) -> list[dict[str, Any]]:
    found = [_death(row, behind, policy), _custody(row, behind, policy), _doubt(row, policy)]
    return [cause for cause in found if cause]


def _death(row: Row, behind: Sequence[Row], policy: Policy) -> dict[str, Any] | None:
    if not any(found["role"] == "death" and found["standing"] == "counted" for found in behind):
        return None
    disputed = [_iso(row["disputed_from"]), _iso(row["disputed_until"])]
    taken = row["reason"] == "death"
    return {
        **_cause("death", "3.2", policy, [ground_of(policy, row["benefit"], "death")]),
        "taken": taken,
        "why": "suspected" if taken else _why_not("death", row),
        **({"date_disputed": disputed} if row["disputed_from"] else {}),
    }


def _custody(row: Row, behind: Sequence[Row], policy: Policy) -> dict[str, Any] | None:
    rows = [found for found in behind if found["role"] == "custody" and found["standing"] != "doubt"]
    if not rows:
        return None
    bases = [basis for basis in _CUSTODY if any(found["basis"] == basis for found in rows)]
    taken = row["reason"] in _CUSTODY
    over = all(found["standing"] == "over" for found in rows)
    return {
        **_cause("custody", "3.4", policy, [ground_of(policy, row["benefit"], basis) for basis in bases]),
        "taken": taken,
        "why": "suspected" if taken else "ended" if over else _why_not("custody", row),
        **({"release_unconfirmed": True} if row["release_unconfirmed"] else {}),
    }


def _why_not(cause: str, row: Row) -> str:
    if cause not in row["causes"]:
        return "not a ground for this benefit, or before its last certification"
    return "comes after the cause taken" if row["decision"] == "suspected" else "only holds certification"


def _doubt(row: Row, policy: Policy) -> dict[str, Any] | None:
    if "identity_doubt" not in row["causes"]:
        return None
    why = "the ID number matches, the name differs: only holds certification"
    return {**_cause("identity_doubt", "2", policy, []), "taken": False, "why": why}


def _certification(row: Row, policy: Policy, uncompared: Sequence[str]) -> dict[str, Any]:
    return {
        **_cause("certification", "3.5", policy, [policy.benefits.get(row["benefit"])]),
        "taken": row["decision"] == "certified",
        "why": _why_certified(row, policy, uncompared),
    }


def _why_certified(row: Row, policy: Policy, uncompared: Sequence[str]) -> str:
    benefit = policy.benefits.get(row["benefit"])
    reasons = {
        f"valid until {row['valid_until']}": row["decision"] == "certified",
        "this benefit is never certified": benefit is None or benefit.cycle_months is None,
        "suspected": row["decision"] == "suspected",
        "not compared: " + ", ".join(uncompared): bool(uncompared),
        "held: " + ", ".join(row["holds"]): bool(row["holds"]),
        "no certification known": row["valid_until"] is None,
    }
    return next((why for why, holds in reasons.items() if holds), f"ran out on {row['valid_until']}")


def _cause(name: str, rule: str, policy: Policy, entries: Sequence[Any]) -> dict[str, Any]:
    return {"cause": name, "rule": f"POLICY {rule}", "clauses": policy.clauses(*filter(None, entries))}


def _would_change(row: Row, policy: Policy, as_of: date, uncompared: Sequence[str]) -> list[str]:
    oldest = as_of - timedelta(days=policy.sources.max_source_age_days.value)
    changes = [f"a person closes the verification of {cause}" for cause in row["holds"]]
    changes += [f"a complete window of {name} that reaches {oldest} or later" for name in uncompared]
    if row["causes"]:
        changes.append("the department withdraws or corrects its record")
    if "custody" in row["causes"]:
        changes.append("a release, or a correction check-in, dated after the custody began")
    if row["decision"] != "suspected":
        changes += [f"a report of {ground}" for ground in _grounds(policy, row["benefit"])]
    return changes + _would_certify(row, policy, as_of)


def _grounds(policy: Policy, benefit: str) -> list[str]:
    found = policy.benefits.get(benefit)
    return [name for name in _DECIDED_GROUNDS if found and effect_of(found, name) == "yes"]


def _would_certify(row: Row, policy: Policy, as_of: date) -> list[str]:
    months = policy.cycle_months(row["benefit"], row["insured_county"], as_of)
    if row["holds"] or not months:
        return []
    if row["decision"] == "certified":
        return [f"{row['valid_until']} passes without newer evidence of life"]
    return [
        f"strong evidence of life, at most {months} months old",
        f"certification through another channel: {suggested_channel(row, policy, as_of)}",
    ]


def _shown(row: Row) -> dict[str, Any]:
    same = ("role", "standing", "department", "kind", "basis", "strength", "identity")
    days = ("happened_on", "ends_on", "released_on")
    return {
        "id": evidence_id(row),
        **{name: row[name] for name in same},
        **{name: _iso(row[name]) for name in days if row[name]},
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
