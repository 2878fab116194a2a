"""Changed decisions that are alike, told and explained by one pattern: texts with gaps for each one's own.

Nearly all changes of a month are of a few hundred shapes: renewed, due, overdue, certified by the roster. Of
each shape one decision is told row by row, with marks in place of its ids, days and county; what stands
between the marks is the same for all. So the row path stays the only one that knows what is said, and a shape
that it might tell apart by a value goes by it: findings, holds, what a person did, payments that come back.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gateway.clock import add_months
from gateway.decide.behind import OPEN, Changed
from gateway.decide.changes import EventIds, Remembered, drafts_of, rows_of_decisions
from gateway.decide.compared import Gaps
from gateway.decide.filling import Form, Gap, Own, Places, filled
from gateway.decide.outcome import BucketOutcome
from gateway.decide.proposal import CHANGES, ENVELOPE
from gateway.decide.restoration import NOT_PAID
from gateway.events import Origin, enveloped, event_id, hashed_of
from gateway.policy import Policy

_FEW: Final = 3
"""Of a shape that is not known yet, so many are quicker told row by row."""

_MOST_EVIDENCE: Final = 8
_MISSING: Final = "\ue000"
_BETWEEN: Final = "\ue001"
_NOT_PLAIN: Final = r'["\\\x00-\x1f\ue000-\ue003]'
"""What JSON would write otherwise, and what marks are made of."""

_QUIET: Final = ("withdrawn", "verified", "unresolved", "confirmed")
_NEWS: Final = ("renewed", "due", "overdue")
_NAMES: Final = ("benefit_id", "person_no", "last_event_id")
_TEXTS: Final = (*_NAMES, "insured_county")
_DAYS: Final = ("certified_on", "valid_until", "notice_for")
_SAME: Final = (
    "benefit", "decision", "certified_by", "notice_days", "matchable", "needs_assistance", "abroad",
    "last_method", "payment_status", "release_unconfirmed", "rests_on_voided", "likely_alive", *_NEWS,
)  # fmt: skip
"""The columns that a shape has one value of."""

_SHOWN: Final = ("role", "standing", "department", "kind", "basis", "strength", "identity")
_AS_DECIDED: Final = (
    "benefit_id", "person_no", "decision", "reason", "confidence", "certified_on", "valid_until",
)  # fmt: skip
_OWN: Final = tuple(field.name for field in ENVELOPE if field.name != "time")
"""The columns of an event that are not those of its run."""

_FILLING: Final = (*_TEXTS, *(f"{name}_text" for name in _DAYS), "ids", "days")
"""The columns whose values fill gaps, besides the ids of the events."""

_TOLD_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "renewal_event_id": ("certification.renewed",),
    "last_event_id": ("certification.renewed", "certification.due", "certification.overdue"),
}
"""The types of event that a pattern may tell, by the columns of DECIDED that remember them."""


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


@dataclass(frozen=True)
class Alike:
    """Changes told by patterns: CHANGES, their places among all, and of each event among them NEWS."""

    changes: pa.Table = field(repr=False)
    places: Places = field(repr=False)
    news: pl.DataFrame = field(repr=False)

    @property
    def types(self) -> dict[str, int]:
        """How many events there are of each type."""
        return dict(self.news["type"].value_counts().iter_rows())

    @property
    def overdue_by_county(self) -> dict[str | None, int]:
        """How many are overdue in each county."""
        overdue = self.news.filter(pl.col("kind") == "certification.overdue")
        return dict(overdue["insured_county"].value_counts().iter_rows())

    def event_ids(self) -> EventIds:
        """The ids to remember, as `changes.event_ids` gives them."""
        return {name: self._ids_of(kinds) for name, kinds in _TOLD_BY.items()}

    def _ids_of(self, kinds: Sequence[str]) -> Remembered:
        rows = self.news.filter(pl.col("kind").is_in(kinds))
        return Remembered(*(rows[name].to_arrow().cast(pa.string()) for name in ("benefit_id", "event_id")))


def told_alike(piece: BucketOutcome, telling: Telling) -> tuple[Alike, BucketOutcome, Places]:
    """What patterns tell of the changed decisions; the others, and their places among all."""
    rows = _described(piece, telling)
    patterns, which = _patterns(rows, piece, telling)
    places, others = np.flatnonzero(which >= 0), np.flatnonzero(which < 0)
    return _told(rows, patterns, which[places], places, telling), _only(piece, others), others


def in_order(alike: Alike, others: Iterator[pa.RecordBatch], places: Places) -> pa.Table:
    """The changes of both kinds as CHANGES, in the order of the decisions."""
    table = pa.concat_tables([alike.changes, pa.Table.from_batches(others, CHANGES)])
    return table.take(np.argsort(np.concatenate([alike.places, places]))) if len(places) else table


def _only(piece: BucketOutcome, places: Places) -> BucketOutcome:
    changed = piece.changed.take(places)
    known = pc.is_in(piece.references["benefit_id"], value_set=changed["benefit_id"])
    return replace(piece, changed=changed, references=piece.references.filter(known))


def _described(piece: BucketOutcome, telling: Telling) -> pl.DataFrame:
    """The changed decisions with `place`, `shape`, whether it is `usual`, and what fills the gaps."""
    rows = _frame(piece.changed).with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    rows = rows.join(_evidence(piece), on="benefit_id", how="left", maintain_order="left")
    rows = rows.with_columns(
        was_told=pl.col("was_notice_days").is_not_null()
        & pl.col("was_notice_for").eq_missing(pl.col("valid_until")),
        of_age=pl.col("birth_on") <= _born_by(telling),
        own_county=~pl.col("insured_county").is_in(_particular(telling.policy)),
    )
    given = [*_TEXTS, *(f"{name}_text" for name in _DAYS), "ids"]
    parts = [*(pl.col(name).cast(pl.String) for name in _SAME), pl.col("was_told", "of_age").cast(pl.String)]
    texts = {f"{name}_text": pl.col(name).cast(pl.String) for name in _DAYS}
    rows = rows.with_columns(**texts)
    parts += [pl.col(name).is_null().cast(pl.String) for name in given]
    county = pl.when("own_county").then(pl.lit(_MISSING)).otherwise("insured_county")
    parts += [pl.col("shown").list.join(_BETWEEN), county]
    shape = pl.concat_str([part.fill_null(_MISSING) for part in parts], separator=_BETWEEN)
    return rows.with_columns(shape=shape, usual=_usual(piece))


def _usual(piece: BucketOutcome) -> pl.Expr:
    """Whether a decision may be told by a pattern: what is said depends on nothing but its shape."""
    if piece.settles is not None:
        return pl.lit(value=False)
    quiet = ~pl.any_horizontal(*_QUIET) & (pl.sum_horizontal(*_NEWS) <= 1)
    nothing = pl.col("reason").is_null() & (pl.col("causes").list.len() + pl.col("holds").list.len() == 0)
    plain = [~pl.col(name).str.contains(_NOT_PLAIN).fill_null(value=False) for name in _TEXTS]
    return pl.all_horizontal(
        quiet,
        nothing,
        ~pl.col("decision").is_in(OPEN),
        ~pl.col("was_decision").is_in(OPEN).fill_null(value=False),
        ~pl.col("payment_status").is_in(NOT_PAID).fill_null(value=False),
        pl.col("plain").fill_null(value=True),
        *plain,
    ).fill_null(value=False)


def _evidence(piece: BucketOutcome) -> pl.DataFrame:
    """By benefit the rows behind it, in the order in which they are shown."""
    rows = _frame(piece.references).with_row_index("row")
    number = pl.col("item").cast(pl.String).str.zfill(2)
    known = pl.concat_str(pl.lit("ev_"), pl.col("key_hash").bin.encode("hex"), number)
    rows = rows.with_columns(
        id=pl.when(pl.col("key_hash").is_null()).then(pl.lit("ev_roster")).otherwise(known),
        on=pl.col("happened_on").cast(pl.String),
        same=pl.concat_str([pl.col(name).fill_null(_MISSING) for name in _SHOWN], separator=_BETWEEN),
        life=(pl.col("role") == "life")
        & pl.col("happened_on").is_not_null()
        & pl.all_horizontal(pl.col("ends_on", "released_on").is_null()),
    )
    rows = rows.sort("happened_on", "id", maintain_order=True)
    return rows.group_by("benefit_id", maintain_order=True).agg(
        ids="id",
        days="on",
        shown="same",
        rows="row",
        plain=pl.col("life").all() & (pl.len() <= _MOST_EVIDENCE),
    )


def _patterns(rows: pl.DataFrame, piece: BucketOutcome, telling: Telling) -> tuple[Sequence[Pattern], Places]:
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
    if len(events) != sum(row[name] for name in _NEWS):
        return None
    body = Form.of(written.body, marks)
    if not events:
        return Pattern(body)
    (event,) = events
    hashed = hashed_of(event.type, event.data, event.causation_id)
    as_hashed = event_id(telling.origin, hashed) == event.event_id
    if not as_hashed or event.data.type_name not in _TOLD_BY["last_event_id"]:
        return None
    own = marks | {event.event_id: Gap("event_id")}
    texts = enveloped(event)._asdict()
    forms = {name: None if texts[name] is None else Form.of(texts[name], own) for name in _OWN}
    return Pattern(body, event.data.type_name, Form.of(hashed, marks), forms)


def _marked_row(row: Mapping[str, Any], marks: dict[str, Gap]) -> dict[str, Any]:
    """A decision with a mark in place of each of its own values; `marks` says which column fills which."""
    marked = dict(row)
    for name in _TEXTS if row["own_county"] else _NAMES:
        if row[name] is not None:
            marked[name] = f"\ue002{name}\ue003"
            marks[marked[name]] = Gap(name)
    for number, name in enumerate(_DAYS):
        if row[name] is not None:
            marked[name] = date(8001 + number, 1, 1)
            marks[marked[name].isoformat()] = Gap(f"{name}_text")
    marked["was_notice_for"] = marked["valid_until"] if row["was_told"] else date(8999, 1, 1)
    return marked


def _marked(row: Mapping[str, Any], number: int, marks: dict[str, Gap]) -> dict[str, Any]:
    key, on = number.to_bytes(16, "big", signed=False).replace(b"\0", b"\xee"), date(8101 + number, 1, 1)
    marks[f"ev_{key.hex()}00"], marks[on.isoformat()] = Gap("ids", number), Gap("days", number)
    return {**row, "key_hash": key, "item": 0, "happened_on": on}


def _told(
    rows: pl.DataFrame, patterns: Sequence[Pattern], which: Places, places: Places, telling: Telling
) -> Alike:
    """The decisions at some places as told by patterns, each by the one of its number."""
    own = {name: rows[name].to_arrow() for name in _FILLING}
    bodies = filled([pattern.body for pattern in patterns], which, places, Own.of(own))
    kinds = np.array([pattern.kind for pattern in patterns], object)[which]
    is_news = kinds.astype(bool)
    events = _events(patterns, which[is_news], places[is_news], own, telling)
    decided = [_as_in(CHANGES, rows, name).take(places) for name in _AS_DECIDED]
    listed = pa.ListArray.from_arrays(_offsets(is_news), events, CHANGES.field("events").type)
    nothing = pa.ListArray.from_arrays(_offsets(np.zeros_like(is_news)), pa.array([], pa.string()))
    changes = pa.Table.from_arrays([*decided, bodies, listed, nothing, nothing], schema=CHANGES)
    news = rows.select("benefit_id", "insured_county")[places[is_news]].with_columns(
        kind=pl.Series(kinds[is_news].tolist(), dtype=pl.String),
        type=pl.Series(events.field("type")),
        event_id=pl.Series(events.field("event_id")),
    )
    return Alike(changes, places, news)


def _events(
    patterns: Sequence[Pattern],
    which: Places,
    places: Places,
    own: Mapping[str, pa.Array],
    telling: Telling,
) -> pa.StructArray:
    """The events of the decisions at some places as ENVELOPE; each of them has one."""
    texts = filled([pattern.hashed for pattern in patterns], which, places, Own.of(own))
    ids = np.full(len(own["benefit_id"]), None, object)
    ids[places] = [event_id(telling.origin, text) for text in texts.to_pylist()]
    with_ids = Own.of({**own, "event_id": pa.array(ids, pa.string())})
    columns = {
        name: filled([pattern.event.get(name) for pattern in patterns], which, places, with_ids)
        for name in _OWN
    }
    columns["time"] = pa.repeat(pa.scalar(telling.origin.local_time, pa.timestamp("us")), len(places))
    return pa.StructArray.from_arrays([columns[each.name] for each in ENVELOPE], fields=list(ENVELOPE))


def _as_in(schema: pa.Schema, rows: pl.DataFrame, name: str) -> pa.Array:
    return rows[name].to_arrow().cast(schema.field(name).type)


def _offsets(is_one: NDArray[np.bool_]) -> pa.Array:
    """Where the lists begin and the last one ends, if each has one item or none."""
    return pa.array(np.concatenate([[0], np.cumsum(is_one)]), pa.int32())


def _born_by(telling: Telling) -> date:
    """Who was born by this day has reached the age from which homes are visited."""
    months = 12 * telling.policy.channels.home_visit_from_age.value
    day = add_months(telling.as_of, -months)
    later = day + timedelta(days=1)  # the 29th of February comes of age on the 28th
    return later if add_months(later, months) <= telling.as_of else day


def _particular(policy: Policy) -> list[str]:
    """The counties that a rule speaks of."""
    return [entry.county for entry in policy.counties]


def _frame(table: pa.Table) -> pl.DataFrame:
    found = pl.from_arrow(table)
    if not isinstance(found, pl.DataFrame):
        raise TypeError("a table becomes a frame")
    return found
