"""One changed decision by hand: every DECIDED, BESIDE and REFERENCES column, with what a test gives."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from gateway.decide.behind import Changed
from gateway.decide.columns import BESIDE, DECIDED
from gateway.decide.outcome import BucketOutcome
from gateway.decide.references import REFERENCES
from gateway.policy import load_policy

Row = dict[str, Any]

POLICY = load_policy(Path(__file__).parents[3] / "config")
AS_OF = date(2026, 6, 30)

_LISTS = ("announced_on", "causes", "holds", "facts")
_FLAGS = ("likely_alive", "release_unconfirmed", "rests_on_voided", "needs_assistance", "abroad", "confirmed")
_TOLD = ("renewed", "withdrawn", "verified", "due", "overdue", "unresolved", "changed")
_ROW: Row = {
    **dict.fromkeys((*DECIDED.names, *BESIDE)),
    **dict.fromkeys((*_FLAGS, *_TOLD), False),
    **{name: [] for name in _LISTS},
    "benefit_id": "B1",
    "person": 1,
    "person_no": "P1",
    "benefit": "employee_pension",
    "insured_county": "990101",
    "birth_on": date(1950, 1, 1),
    "decision": "uncovered",
    "was_decision": "uncovered",
    "matchable": True,
    "payment_status": "paying",
}
_NEWS = {
    "suspected": {"decision": "suspected", "reason": "death", "confidence": "single_source"},
    "conflicting": {"decision": "conflicting", "reason": "death", "confidence": "single_source"},
}


def row(**given: Any) -> Row:
    """A decision's columns; a suspicion or conflict is about a death unless another reason is given."""
    return _ROW | _NEWS.get(given.get("decision", ""), {}) | given


def was(decision: str, reason: str = "death") -> Row:
    """The columns of an open finding that was told as event `evt_open`."""
    return {
        "was_decision": decision,
        "was_reason": reason,
        "was_confidence": "single_source",
        "suspicion_event_id": "evt_open",
        "last_event_id": "evt_last",
    }


def reference(number: int = 1, **given: Any) -> Row:
    """A row behind a decision; a certificate of death unless something else is given."""
    return (
        dict.fromkeys(REFERENCES.names)
        | {
            "benefit_id": "B1",
            "role": "death",
            "standing": "counted",
            "key_hash": number.to_bytes(16, "big"),
            "item": 0,
            "content": 1000 + number,
            "department": "health",
            "dataset": "death_certificates",
            "kind": "death",
            "identity": "match",
            "happened_on": date(2026, 6, 1),
        }
        | given
    )


def changed(*behind: Row, **given: Any) -> Changed:
    return Changed(row(**given), behind, POLICY)


def outcome(rows: Sequence[Row], behind: Sequence[Row] = ()) -> BucketOutcome:
    """A bucket in which every decision changed."""
    state = pa.Table.from_pylist([{name: each[name] for name in DECIDED.names} for each in rows], DECIDED)
    return BucketOutcome(state, pa.Table.from_pylist(rows), pa.Table.from_pylist(behind, REFERENCES))
