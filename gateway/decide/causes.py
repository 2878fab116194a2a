"""Every cause that a decision looked at: whether it was taken, and why or why not."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.decide.behind import CUSTODY_REASONS, OPEN, Changed, cause_of, ground_of
from gateway.decide.compared import Gaps
from gateway.policy.entries import Entry

RULES: Final[Mapping[str, str]] = {
    "death": "3.2",
    "absence": "3.3",
    "custody": "3.4",
    "remarriage": "2",
    "enlisted": "2",
    "emigration": "2",
    "also_pension": "2",
    "identity_doubt": "2",
    "certification": "3.5",
}
"""The section of POLICY that decides each cause, in the order in which they are looked at."""

_WHY_LIVE: Final[Mapping[str, str]] = {
    "identity_doubt": "the name differs, or its certificate names somebody else: only holds certification",
    "also_pension": "the roster has a pension of the same person",
}
_WHY_NOT_LIVE: Final[Mapping[str, str]] = {
    "absence": "seen alive after the declaration",
    "custody": "not a ground for this benefit, or before its last certification",
}


def causes_of(changed: Changed, gaps: Gaps) -> list[dict[str, Any]]:
    """The causes that are live, held, or have evidence, and the certification."""
    looked_at = {
        *changed.row["causes"],
        *changed.row["holds"],
        *(found["role"] for found in changed.behind if found["standing"] != "doubt"),
    }
    adverse = [_cause(changed, cause) for cause in RULES if cause in looked_at]
    return [*adverse, _certification(changed, gaps)]


def _cause(changed: Changed, cause: str) -> dict[str, Any]:
    row = changed.row
    taken = row["decision"] in OPEN and cause_of(row["reason"]) == cause
    return {
        "cause": cause,
        "rule": f"POLICY {RULES[cause]}",
        "clauses": changed.policy.clauses(*_entries(changed, cause)),
        "taken": taken,
        "standing": row["decision"] if taken else _standing(changed, cause),
        "why": _why(changed, cause, taken=taken),
        **dict(_particulars(row, cause, taken=taken)),
    }


def _entries(changed: Changed, cause: str) -> Iterator[Entry]:
    reasons = CUSTODY_REASONS if cause == "custody" else (cause,)
    bases = {found["basis"] for found in changed.behind if found["role"] == "custody"}
    for reason in reasons:
        ground = ground_of(changed.policy, changed.row["benefit"], reason)
        if ground and (cause != "custody" or reason in bases):
            yield ground
    if cause in changed.row["holds"]:
        yield changed.policy.holds.causes


def _standing(changed: Changed, cause: str) -> str:
    """How far a cause goes that was not taken: live, held by an open entry alone, or over."""
    if cause in changed.row["causes"]:
        return "live"
    return "held" if cause in changed.row["holds"] else "over"


def _why(changed: Changed, cause: str, *, taken: bool) -> str:
    row = changed.row
    if taken:
        return _why_taken(changed, cause)
    if cause in row["causes"]:
        after = row["decision"] in OPEN and not _only_holds(changed, cause)
        return "comes after the cause taken" if after else _WHY_LIVE.get(cause, "only holds certification")
    if cause in row["holds"]:
        return "its ground has ended; a person has not closed its entry as eligible"
    return _why_over(changed, cause)


def _why_taken(changed: Changed, cause: str) -> str:
    row = changed.row
    said = "a person confirmed the loss" if row["confirmed"] else row["decision"]
    if row["decision"] == "conflicting":
        said += ": strong evidence of life stands against it"
    elif cause in _WHY_LIVE:
        said += f": {_WHY_LIVE[cause]}"
    return said


def _why_over(changed: Changed, cause: str) -> str:
    standings = {found["standing"] for found in changed.behind if found["role"] == cause} - {"doubt"}
    if cause == "custody" and standings == {"over"}:
        return "ended: released, checked in or certified since"
    return _WHY_NOT_LIVE.get(cause, "not a ground for this benefit")


def _only_holds(changed: Changed, cause: str) -> bool:
    names = CUSTODY_REASONS if cause == "custody" else (cause,)
    grounds = [ground_of(changed.policy, changed.row["benefit"], name) for name in names]
    return all(ground is None or ground.effect != "yes" for ground in grounds)


def _particulars(row: Mapping[str, Any], cause: str, *, taken: bool) -> Iterator[tuple[str, Any]]:
    if cause == "death" and taken:
        if row["disputed_from"]:
            yield "date_disputed", [row["disputed_from"].isoformat(), row["disputed_until"].isoformat()]
        if row["rests_on_voided"]:
            yield "rests_on_voided", True
        if row["likely_alive"]:
            yield "priority", "likely_alive"
    if cause == "custody" and row["release_unconfirmed"]:
        yield "release_unconfirmed", True


def _certification(changed: Changed, gaps: Gaps) -> dict[str, Any]:
    row, policy = changed.row, changed.policy
    benefit = policy.benefits.get(row["benefit"])
    taken = row["decision"] == "certified"
    return {
        "cause": "certification",
        "rule": f"POLICY {RULES['certification']}",
        "clauses": policy.clauses(*filter(None, [benefit])),
        "taken": taken,
        "standing": row["decision"] if taken else "not taken",
        "why": _why_certified(changed, gaps),
    }


def _why_certified(changed: Changed, gaps: Gaps) -> str:
    row = changed.row
    benefit = changed.policy.benefits.get(row["benefit"])
    reasons = {
        f"valid until {row['valid_until']}": row["decision"] == "certified",
        "this benefit is never certified": benefit is None or benefit.cycle_months is None,
        f"{row['reason']} comes first, nothing certifies while it stands": row["decision"] in OPEN,
        "not compared: " + ", ".join(gaps.uncompared): bool(gaps.uncompared),
        "held: " + ", ".join(row["holds"]): bool(row["holds"]),
        "no certification known": row["valid_until"] is None,
    }
    return next((why for why, holds in reasons.items() if holds), f"ran out on {row['valid_until']}")
