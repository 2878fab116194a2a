"""How a paragraph of the manual is read: its table of records, its roster row, what the ledger knows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.decide.columns import DECIDED, LEDGER
from gateway.events import EventDraft
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER

Row = dict[str, Any]

DAYS = {
    field.name
    for schema in (EVIDENCE, ROSTER, DECIDED, LEDGER)
    for field in schema
    if str(field.type)[:4] == "date"
} | {"disputed_from", "disputed_until"}
LISTS: dict[str, list[Any]] = {name: [] for name in ("held", "late", "confirmed", "silenced")}
ORIGINS = {"certification_elsewhere": "agency", "community_visit": "community"}
ARRIVED = datetime(2026, 6, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times


@dataclass(frozen=True)
class Told:
    """What a run came to: the benefit in question, its events, and the state of all the person's benefits."""

    row: Row
    events: list[EventDraft]
    states: list[Row]

    @property
    def last(self) -> dict[str, Any]:
        """The data of the last event, as it is sent."""
        return self.events[-1].data.model_dump(mode="json", exclude_none=True)


Decides = Callable[..., Told]
"""Decides the benefit of a paragraph: see `deciding`."""


def records_of(text: str, policy: Policy) -> list[Row]:
    """The table's lines as rows of evidence; the first line names the columns, an empty cell is missing."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header = lines[0] if lines else []
    return [
        _record(number, dict(zip(header, line, strict=True)), policy) for number, line in enumerate(lines[1:])
    ]


def _record(number: int, cells: Mapping[str, str], policy: Policy) -> Row:
    given = {name: typed(name, cell) for name, cell in cells.items() if cell}
    entry = policy.records.get(given["kind"])
    polarity = entry.polarity if entry else "neutral"
    row = dict.fromkeys(EVIDENCE.names) | {
        "person": 1,
        "department": "police",
        "dataset": f"dataset_{number}",
        "key_hash": number.to_bytes(16, "big"),
        "item": 0,
        "polarity": polarity,
        "strength": "strong" if polarity == "of_life" else None,
        "origin": ORIGINS.get(given["kind"], "department"),
        "identity": "match",
        "published_at": ARRIVED,
        "received_at": ARRIVED,
        "content": 1000 + number,
    }
    row |= given
    if row["kind"] == "death":
        row["latest"] = row["latest"] or row["happened_on"]
    return row


def benefits_of(roster: Mapping[str, Any], beside: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The benefit in question, B1, and the person's others, B2 and on."""
    return [_benefit(number, given) for number, given in enumerate([roster, *beside], 1)]


def _benefit(number: int, given: Mapping[str, Any]) -> Row:
    row = dict.fromkeys(ROSTER.names) | {
        "person": 1,
        "person_no": "P1",
        "benefit_id": f"B{number}",
        "benefit": "employee_pension",
        "insured_county": "990101",
        "payment_status": "paying",
        "spouse_survivor": False,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": date(2020, 1, 1),
    }
    return row | {name: typed(name, value) for name, value in given.items()}


def ledger_of(given: Mapping[str, Any] | None) -> list[Row]:
    """What people did about B1; nothing, where the paragraph does not speak of the ledger."""
    if given is None:
        return []
    row = dict.fromkeys(LEDGER.names) | {"benefit_id": "B1"} | LISTS
    return [row | {name: typed(name, value) for name, value in given.items()}]


def typed(name: str, value: Any) -> Any:
    """A cell as the column holds it."""
    if not isinstance(value, str):
        return value
    if name in {"certificate", "derived_from"}:
        return value.encode().ljust(16)
    if name in {"person", "content"}:
        return int(value)
    return date.fromisoformat(value) if name in DAYS else value
