"""What the events about one changed decision have in common."""

from datetime import date
from typing import Any, Final

from gateway.decide.behind import OPEN, Changed

_SAME: Final = ("person_no", "benefit_id", "benefit", "decision", "certified_on", "valid_until")


def common(changed: Changed, as_of: date) -> dict[str, Any]:
    """The data that every event of a benefit carries."""
    return {
        **{name: changed.row[name] for name in _SAME},
        "county": changed.row["insured_county"],
        "as_of": as_of,
        "policy_version": changed.policy.version,
    }


def is_cleared(changed: Changed) -> bool:
    """Whether a suspicion or conflict that was told of has ended."""
    row = changed.row
    ended = row["was_decision"] in OPEN and row["decision"] not in OPEN
    return ended and row["suspicion_event_id"] is not None
