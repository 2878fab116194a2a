"""What a run would change, as rows that can be put away and read back: one for each changed benefit."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

import pyarrow as pa

from gateway.decide.changes import DecisionRow
from gateway.decide.findings import LiveCause
from gateway.events import EVENT_TYPES, EventDraft, Origin

CHANGES: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("person_no", pa.string(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("confidence", pa.string()),
        pa.field("certified_on", pa.date32()),
        pa.field("valid_until", pa.date32()),
        pa.field("body", pa.string(), nullable=False),  # JSON, as explained
        pa.field("events", pa.list_(pa.string()), nullable=False),  # JSON, in order; none has a number yet
        pa.field("causes", pa.list_(pa.string()), nullable=False),  # JSON, the live ones
    ]
)
"""Changed benefits with all that publishing needs; no name, no ID number."""

_AT_ONCE: Final = 10_000
_REVISIONS: Final = b"revisions"
_MODELS: Final = {model.type_name: model for model in EVENT_TYPES}

Item = TypeVar("Item", EventDraft, LiveCause)


@dataclass(frozen=True)
class Change:
    """One changed benefit: its decision, the events that tell of it, and what is to be verified."""

    decision: DecisionRow
    events: list[EventDraft]
    causes: list[LiveCause]


def schema_after(revisions: Iterable[int]) -> pa.Schema:
    """CHANGES with the numbers of the revisions that the decisions already follow."""
    return CHANGES.with_metadata({_REVISIONS: json.dumps(sorted(revisions))})


def followed(schema: pa.Schema) -> list[int]:
    """The revisions that a written proposal's decisions follow."""
    return [int(number) for number in json.loads(schema.metadata[_REVISIONS])]


def as_batches(
    rows: Iterable[DecisionRow], events: Iterable[EventDraft], causes: Iterable[LiveCause]
) -> Iterator[pa.RecordBatch]:
    """The changes of a bucket as CHANGES, a bounded number of rows at a time."""
    told, live = (
        _by_benefit((event.subject, event) for event in events),
        _by_benefit((cause.benefit_id, cause) for cause in causes),
    )
    held: list[dict[str, Any]] = []
    for row in rows:
        held.append(
            vars(row)
            | {
                "body": _text(row.body),
                "events": [_text(_draft_as_json(event)) for event in told[row.benefit_id]],
                "causes": [_text(asdict(cause)) for cause in live[row.benefit_id]],
            }
        )
        if len(held) == _AT_ONCE:
            yield pa.RecordBatch.from_pylist(held, CHANGES)
            held = []
    yield pa.RecordBatch.from_pylist(held, CHANGES)


def as_changes(batch: pa.RecordBatch) -> Iterator[Change]:
    """Rows of CHANGES as what they were made of."""
    for row in batch.to_pylist():
        events, causes = row.pop("events"), row.pop("causes")
        yield Change(
            decision=DecisionRow(**row | {"body": json.loads(row["body"])}),
            events=[_draft_from_json(json.loads(event)) for event in events],
            causes=[LiveCause(**json.loads(cause)) for cause in causes],
        )


def _by_benefit(items: Iterable[tuple[str, Item]]) -> Mapping[str, list[Item]]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for benefit_id, item in items:
        found[benefit_id].append(item)
    return found


def _draft_as_json(event: EventDraft) -> dict[str, Any]:
    return {
        **vars(event),
        "origin": vars(event.origin) | {"time": event.origin.time.isoformat()},
        "data": event.data.model_dump(mode="json", exclude_none=True),
    }


def _draft_from_json(told: dict[str, Any]) -> EventDraft:
    origin = _origin(**told["origin"])
    model = _MODELS[told["type"].removeprefix(origin.type_prefix)]
    data = model.model_validate_json(_text(told["data"]))
    return EventDraft(**told | {"origin": origin, "data": data})


@lru_cache(maxsize=4)
def _origin(source: str, type_prefix: str, time: str, correlation_id: str) -> Origin:
    """The one that all events of a run share, which then works out once how each of them says it."""
    return Origin(source, type_prefix, datetime.fromisoformat(time), correlation_id)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
