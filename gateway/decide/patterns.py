"""Patterns: how all decisions of a shape are told, found by telling one of them row by row.

That one has marks in place of its ids, days and county; what stands between the marks is the same for all. So
the row path stays the only one that knows what is said.
"""

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from gateway.decide.behind import Changed
from gateway.decide.changes import drafts_of, rows_of_decisions
from gateway.decide.compared import Gaps
from gateway.decide.filling import Form, Gap, Places
from gateway.decide.outcome import BucketOutcome
from gateway.decide.proposal import ENVELOPE
from gateway.decide.shapes import DAYS, NAMES, NEWS, TEXTS
from gateway.events import Origin, enveloped, event_id, hashed_of
from gateway.policy import Policy

OWN: Final = tuple(field.name for field in ENVELOPE if field.name != "time")
"""The columns of an event that are not those of its run."""

TOLD_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "renewal_event_id": ("certification.renewed",),
    "last_event_id": ("certification.renewed", "certification.due", "certification.overdue"),
}
"""The types of event that a pattern may tell, by the columns of DECIDED that remember them."""

_FEW: Final = 3
"""Of a shape that is not known yet, so many are quicker told row by row."""


@dataclass(frozen=True)
class Pattern:
    """How all decisions of a shape are told; `kind` is the type of their event, where they have one.

    `event` are the columns of ENVELOPE that are not its run's, `hashed` is what the event's id is made of.
    """

    body: Form
    kind: str | None = None
    hashed: Form | None = None
    event: Mapping[str, Form | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """What a run tells by.

    `known` are the patterns found so far, by shape: nothing where there is none. `met` is how many decisions
    of a shape that has none yet there were, by the hash of the shape: of most there is one in some buckets.
    """

    policy: Policy
    as_of: date
    origin: Origin
    gaps: Gaps
    known: MutableMapping[str, Pattern | None] = field(default_factory=dict)
    met: Counter[int] = field(default_factory=Counter)


def patterns_of(
    rows: pl.DataFrame, piece: BucketOutcome, telling: Telling
) -> tuple[Sequence[Pattern], Places]:
    """The patterns there are, and of each decision the number of its own; -1 where it has none."""
    usual = rows.filter("usual").select("place", "shape")
    coded = usual["shape"].to_arrow().dictionary_encode()
    codes, shapes = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    firsts, counts = np.unique(codes, return_index=True, return_counts=True)[1:]
    places = usual["place"].to_numpy()
    by_shape = [
        _pattern(shape, int(count), rows, int(place), piece, telling)
        for shape, count, place in zip(shapes, counts, places[firsts], strict=True)
    ]
    found = [pattern for pattern in by_shape if pattern]
    numbers = np.cumsum([pattern is not None for pattern in by_shape]) - 1
    numbers[[pattern is None for pattern in by_shape]] = -1
    which = np.full(rows.height, -1)
    which[places] = numbers[codes]
    return found, which


def _pattern(
    shape: str, count: int, rows: pl.DataFrame, place: int, piece: BucketOutcome, telling: Telling
) -> Pattern | None:
    """The pattern of a shape that so many decisions have, the first of them at this place."""
    if shape not in telling.known:
        telling.met[hash(shape)] += count
        if telling.met[hash(shape)] < _FEW:
            return None
        telling.known[shape] = _found(rows.row(place, named=True), piece, telling)
    return telling.known[shape]


def _found(first: Mapping[str, Any], piece: BucketOutcome, telling: Telling) -> Pattern | None:
    """The pattern of a shape from one decision of it, told with marks; nothing where marks do not do."""
    behind = piece.references.take(pa.array(first["rows"] or [], pa.int64())).to_pylist()
    marks: dict[str, Gap] = {}
    row, behind = _marked_row(first, marks), [_marked(each, n, marks) for n, each in enumerate(behind)]
    decisions = [Changed(row, behind, telling.policy)]
    events = drafts_of(decisions, telling.as_of, telling.origin)
    (written,) = rows_of_decisions(decisions, telling.as_of, telling.gaps)
    if len(events) != sum(row[name] for name in NEWS):
        return None
    body = Form.of(written.body, marks)
    if not events:
        return Pattern(body)
    (event,) = events
    hashed = hashed_of(event.type, event.data, event.causation_id)
    as_hashed = event_id(telling.origin, hashed) == event.event_id
    if not as_hashed or event.data.type_name not in TOLD_BY["last_event_id"]:
        return None
    own = marks | {event.event_id: Gap("event_id")}
    texts = enveloped(event)._asdict()
    forms = {name: None if texts[name] is None else Form.of(texts[name], own) for name in OWN}
    return Pattern(body, event.data.type_name, Form.of(hashed, marks), forms)


def _marked_row(row: Mapping[str, Any], marks: dict[str, Gap]) -> dict[str, Any]:
    """A decision with a mark in place of each of its own values; `marks` says which column fills which."""
    marked = dict(row)
    for name in TEXTS if row["own_county"] else NAMES:
        if row[name] is not None:
            marked[name] = f"\ue002{name}\ue003"
            marks[marked[name]] = Gap(name)
    for number, name in enumerate(DAYS):
        if row[name] is not None:
            marked[name] = date(8001 + number, 1, 1)
            marks[marked[name].isoformat()] = Gap(f"{name}_text")
    marked["was_notice_for"] = marked["valid_until"] if row["was_told"] else date(8999, 1, 1)
    return marked


def _marked(row: Mapping[str, Any], number: int, marks: dict[str, Gap]) -> dict[str, Any]:
    key, on = number.to_bytes(16, "big", signed=False).replace(b"\0", b"\xee"), date(8101 + number, 1, 1)
    marks[f"ev_{key.hex()}00"], marks[on.isoformat()] = Gap("ids", number), Gap("days", number)
    return {**row, "key_hash": key, "item": 0, "happened_on": on}
