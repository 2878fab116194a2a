"""Changed decisions that are alike, told and explained by one pattern: a text with gaps for each one's own.

Nearly all changes of a month are of a few hundred shapes: renewed, due, overdue, certified by the roster. Of
each shape one decision is told row by row, with marks in place of its ids, days and county; what stands
between the marks is the same for all. So the row path stays the only one that knows what is said, and a shape
that it might tell apart by a value goes by it: findings, holds, what a person did, payments that come back.
"""

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import repeat
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from gateway.clock import add_months
from gateway.decide.behind import OPEN, Changed
from gateway.decide.changes import EventIds, Remembered, drafts_of, rows_of_decisions
from gateway.decide.compared import Gaps
from gateway.decide.outcome import BucketOutcome
from gateway.decide.proposal import CHANGES, ENVELOPE, as_batches
from gateway.decide.restoration import NOT_PAID
from gateway.events import Origin, event_id, hashed_of
from gateway.policy import Policy

Text = Sequence[str]
"""What is the same for all, and between each two of these the name of the column that is not."""

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

_TOLD: Final = pl.Schema(
    {"place": pl.Int64(), "body": pl.String(), "kind": pl.String(), **dict.fromkeys(_OWN, pl.String())}
)
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

    body: Text
    kind: str | None = None
    hashed: Text = ()
    event: Mapping[str, Text | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """What a run tells by; `known` are the patterns found so far, by shape: nothing where there is none."""

    policy: Policy
    as_of: date
    origin: Origin
    gaps: Gaps
    known: MutableMapping[str, Pattern | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Alike:
    """Changes told by patterns: CHANGES, and `place`, `kind`, `type`, `event_id`, `insured_county`."""

    changes: pl.DataFrame = field(repr=False)

    @property
    def types(self) -> dict[str, int]:
        """How many events there are of each type."""
        counted = self.changes["type"].drop_nulls().value_counts()
        return dict(counted.iter_rows())

    @property
    def overdue_by_county(self) -> dict[str | None, int]:
        """How many are overdue in each county."""
        overdue = self.changes.filter(pl.col("kind") == "certification.overdue")
        return dict(overdue["insured_county"].value_counts().iter_rows())

    def event_ids(self) -> EventIds:
        """The ids to remember, as `changes.event_ids` gives them."""
        return {name: self._ids_of(kinds) for name, kinds in _TOLD_BY.items()}

    def _ids_of(self, kinds: Sequence[str]) -> Remembered:
        rows = self.changes.filter(pl.col("kind").is_in(kinds))
        return Remembered(*(rows[name].to_arrow().cast(pa.string()) for name in ("benefit_id", "event_id")))


def told_alike(piece: BucketOutcome, telling: Telling) -> tuple[Alike, BucketOutcome, pa.Array]:
    """What patterns tell of the changed decisions; the others, and their places among all."""
    rows = _described(piece, telling)
    found: dict[str, list[Any]] = {name: [] for name in _TOLD}
    columns: dict[str, list[Any]] = {}
    shapes = rows.filter("usual").group_by("shape", maintain_order=True).agg("place")
    for shape, places in shapes.iter_rows():
        group = _Group(rows, places, columns)
        pattern = _pattern(shape, group, piece, telling)
        if pattern:
            for name, values in _filled(pattern, group, telling.origin).items():
                found[name] += values
    told = pl.DataFrame(found, _TOLD)
    made = rows.select("place", "insured_county", *_AS_DECIDED)
    made = told.join(made, on="place", how="left", maintain_order="left")
    nothing = pl.lit([], pl.List(pl.String))
    made = made.with_columns(events=_envelopes(telling), causes=nothing, unresolved=nothing)
    others = rows.join(told, on="place", how="anti", maintain_order="left")["place"].to_arrow()
    return Alike(made), _only(piece, others), others


def in_order(alike: Alike, others: Iterator[pa.RecordBatch], places: pa.Array) -> pa.Table:
    """The changes of both kinds as CHANGES, in the order of the decisions."""
    own = alike.changes.select(CHANGES.names).to_arrow().cast(CHANGES)
    table = pa.concat_tables([own, pa.Table.from_batches(others, CHANGES)])
    order = pa.chunked_array([alike.changes["place"].to_arrow(), places])
    return table.take(pc.sort_indices(order))


def _only(piece: BucketOutcome, places: pa.Array) -> BucketOutcome:
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


def _envelopes(telling: Telling) -> pl.Expr:
    """The one event of a decision as a list, empty where it has none."""
    time = pl.lit(telling.origin.local_time, pl.Datetime("us"))
    columns = [pl.col(field.name) if field.name in _OWN else time.alias(field.name) for field in ENVELOPE]
    own = pl.concat_list(pl.struct(columns))
    return pl.when(pl.col("event_id").is_null()).then(own.list.head(0)).otherwise(own)


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


@dataclass(frozen=True)
class _Group:
    """The decisions of a shape by their places among all; `columns` are whole ones that were asked for."""

    rows: pl.DataFrame = field(repr=False)
    places: list[int]
    columns: dict[str, list[Any]] = field(repr=False)

    def texts(self, text: Text, **made: list[str]) -> Iterator[str]:
        """A text with its gaps filled, for each decision; `made` are values that the rows have not."""
        parts = [
            (made.get(part) or self._values(part)) if number % 2 else repeat(part, len(self.places))
            for number, part in enumerate(text)
        ]
        return map("".join, zip(*parts, strict=True))

    def _values(self, name: str) -> list[Any]:
        column, _, number = name.partition(".")
        if column not in self.columns:
            self.columns[column] = self.rows[column].to_list()
        values = self.columns[column]
        return [values[at][int(number)] if number else values[at] for at in self.places]


def _pattern(shape: str, group: _Group, piece: BucketOutcome, telling: Telling) -> Pattern | None:
    if shape not in telling.known:
        if len(group.places) < _FEW:
            return None
        telling.known[shape] = _found(group.rows.row(group.places[0], named=True), piece, telling)
    return telling.known[shape]


def _found(first: Mapping[str, Any], piece: BucketOutcome, telling: Telling) -> Pattern | None:
    """The pattern of a shape from one decision of it, told with marks; nothing where marks do not do."""
    behind = piece.references.take(pa.array(first["rows"] or [], pa.int64())).to_pylist()
    marks: dict[str, str] = {}
    row, behind = _marked_row(first, marks), [_marked(each, n, marks) for n, each in enumerate(behind)]
    decisions = [Changed(row, behind, telling.policy)]
    events = drafts_of(decisions, telling.as_of, telling.origin)
    rows = rows_of_decisions(decisions, telling.as_of, telling.gaps)
    (written,) = next(as_batches(rows, events, [])).to_pylist()
    if len(events) != sum(row[name] for name in _NEWS):
        return None
    body = _split(written["body"], marks)
    if not events:
        return Pattern(body)
    (event,), (envelope,) = events, written["events"]
    hashed = hashed_of(event.type, event.data, event.causation_id)
    as_hashed = event_id(telling.origin, hashed) == event.event_id
    if not as_hashed or event.data.type_name not in _TOLD_BY["last_event_id"]:
        return None
    own = marks | {event.event_id: "event_id"}
    texts = {name: None if envelope[name] is None else _split(envelope[name], own) for name in _OWN}
    return Pattern(body, event.data.type_name, _split(hashed, marks), texts)


def _marked_row(row: Mapping[str, Any], marks: dict[str, str]) -> dict[str, Any]:
    """A decision with a mark in place of each of its own values; `marks` says which column fills which."""
    marked = dict(row)
    for name in _TEXTS if row["own_county"] else _NAMES:
        if row[name] is not None:
            marked[name] = f"\ue002{name}\ue003"
            marks[marked[name]] = name
    for number, name in enumerate(_DAYS):
        if row[name] is not None:
            marked[name] = date(8001 + number, 1, 1)
            marks[marked[name].isoformat()] = f"{name}_text"
    marked["was_notice_for"] = marked["valid_until"] if row["was_told"] else date(8999, 1, 1)
    return marked


def _marked(row: Mapping[str, Any], number: int, marks: dict[str, str]) -> dict[str, Any]:
    key, on = number.to_bytes(16, "big", signed=False).replace(b"\0", b"\xee"), date(8101 + number, 1, 1)
    marks[f"ev_{key.hex()}00"], marks[on.isoformat()] = f"ids.{number}", f"days.{number}"
    return {**row, "key_hash": key, "item": 0, "happened_on": on}


def _split(text: str, marks: Mapping[str, str]) -> list[str]:
    parts = re.split("(" + "|".join(map(re.escape, marks)) + ")", text)
    return [marks[part] if number % 2 else part for number, part in enumerate(parts)]


def _filled(pattern: Pattern, group: _Group, origin: Origin) -> dict[str, list[Any]]:
    """The decisions of a shape as told by its pattern: TOLD.

    Most groups are a few dozens of rows, of which Python's own join makes a text in less than it takes to
    ask a frame for it.
    """
    nothing = [None] * len(group.places)
    ids = [event_id(origin, text) for text in group.texts(pattern.hashed)] if pattern.kind else []
    event = {
        name: nothing if text is None else [*group.texts(text, event_id=ids)]
        for name, text in pattern.event.items()
    }
    return {
        **dict.fromkeys(_OWN, nothing),
        **event,
        "place": group.places,
        "body": [*group.texts(pattern.body)],
        "kind": [pattern.kind] * len(group.places),
    }


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
