"""What a run would change, as rows that can be put away and read back: one for each changed benefit."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeVar

import polars as pl
import pyarrow as pa

from gateway.decide.changes import DecisionText
from gateway.decide.findings import LiveCause, told_late
from gateway.events import Envelope, EventDraft, enveloped
from gateway.evidence.files import NEVER_TWICE

ENVELOPE: Final = pa.struct(
    [
        pa.field("event_id", pa.string(), nullable=False, metadata=NEVER_TWICE),
        pa.field("type", pa.string(), nullable=False),
        pa.field("subject", pa.string(), nullable=False, metadata=NEVER_TWICE),
        pa.field("county", pa.string()),
        pa.field("time", pa.timestamp("us"), nullable=False),  # Asia/Shanghai
        pa.field("replaces", pa.string()),
        pa.field("before", pa.string(), nullable=False, metadata=NEVER_TWICE),
        pa.field("after", pa.string(), nullable=False, metadata=NEVER_TWICE),
    ]
)
"""An `Envelope`: an event that has everything but its number."""

CHANGES: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False, metadata=NEVER_TWICE),
        pa.field("person_no", pa.string(), nullable=False, metadata=NEVER_TWICE),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("confidence", pa.string()),
        pa.field("certified_on", pa.date32()),
        pa.field("valid_until", pa.date32()),
        pa.field("body", pa.string(), nullable=False, metadata=NEVER_TWICE),  # JSON, as explained
        pa.field("events", pa.list_(ENVELOPE), nullable=False),  # in order
        pa.field("causes", pa.list_(pa.string()), nullable=False),  # JSON, the live ones
        pa.field("unresolved", pa.list_(pa.string()), nullable=False),  # causes told to be open too long
    ]
)
"""Changed benefits with all that publishing needs; no name, no ID number."""

_AT_ONCE: Final = 10_000
_REVISIONS: Final = b"revisions"
Item = TypeVar("Item", EventDraft, LiveCause)


@dataclass(frozen=True)
class Changes:
    """Some changed benefits: the decisions, the events that tell of them, and what is to be verified.

    `unresolved` are benefit and cause of what was told to be open too long.
    """

    decisions: list[DecisionText] = field(repr=False)
    events: list[Envelope] = field(repr=False)
    causes: list[LiveCause] = field(repr=False)
    unresolved: list[tuple[str, str]] = field(repr=False)


def schema_after(revisions: Iterable[int]) -> pa.Schema:
    """CHANGES with the numbers of the revisions that the decisions already follow."""
    return CHANGES.with_metadata({_REVISIONS: json.dumps(sorted(revisions))})


def followed(schema: pa.Schema) -> list[int]:
    """The revisions that a written proposal's decisions follow."""
    return [int(number) for number in json.loads(schema.metadata[_REVISIONS])]


def as_batches(
    rows: Iterable[DecisionText], events: Iterable[EventDraft], causes: Iterable[LiveCause]
) -> Iterator[pa.RecordBatch]:
    """The changes of a bucket as CHANGES, a bounded number of rows at a time."""
    told, live = (
        _by_benefit((event.subject, event) for event in events),
        _by_benefit((cause.benefit_id, cause) for cause in causes),
    )
    held: list[dict[str, Any]] = []
    for row in rows:
        own = told[row.benefit_id]
        held.append(
            row._asdict()
            | {
                "events": [enveloped(event)._asdict() for event in own],
                "causes": [_text(asdict(cause)) for cause in live[row.benefit_id]],
                "unresolved": [cause for _, cause in told_late(own)],
            }
        )
        if len(held) == _AT_ONCE:
            yield pa.RecordBatch.from_pylist(held, CHANGES)
            held = []
    yield pa.RecordBatch.from_pylist(held, CHANGES)


def as_changes(batch: pa.RecordBatch, but: Collection[str] = ()) -> Changes:
    """Rows of CHANGES as what they were made of, but for these benefits."""
    rows = pl.DataFrame(batch).filter(~pl.col("benefit_id").is_in(but))
    return Changes(
        decisions=list(map(DecisionText._make, rows.select(DecisionText._fields).iter_rows())),
        events=list(map(Envelope._make, _each(rows, "events").unnest("events").iter_rows())),
        causes=[LiveCause(**json.loads(text)) for text in _each(rows, "causes")["causes"]],
        unresolved=list(_each(rows, "benefit_id", "unresolved").iter_rows()),
    )


def _each(rows: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Some columns with a row for each item of the last one's lists."""
    *_, listed = names
    return rows.select(names).explode(listed).filter(pl.col(listed).is_not_null())


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _by_benefit(items: Iterable[tuple[str, Item]]) -> Mapping[str, list[Item]]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for benefit_id, item in items:
        found[benefit_id].append(item)
    return found
