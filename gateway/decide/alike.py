"""Changed decisions that are alike, told and explained by one pattern: texts with gaps for each one's own.

Nearly all changes of a month are of a few hundred shapes: renewed, due, overdue, certified by the roster. The
others, and what is of no usual shape, are told row by row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gateway.decide.changes import EventIds, Remembered
from gateway.decide.filling import Own, Places, filled
from gateway.decide.outcome import BucketOutcome
from gateway.decide.patterns import OWN, TOLD_BY, Pattern, Telling, patterns_of
from gateway.decide.proposal import CHANGES, ENVELOPE
from gateway.decide.shapes import FILLING, described
from gateway.events import Origin, event_id

_AS_DECIDED: Final = (
    "benefit_id", "person_no", "decision", "reason", "confidence", "certified_on", "valid_until",
)  # fmt: skip


@dataclass(frozen=True)
class Alike:
    """Changes told by patterns: CHANGES, and their places among all.

    `news` are their events: `event_id`, `type`, `kind`, and of the benefit `benefit_id`, `insured_county`.
    """

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
        return {name: self._ids_of(kinds) for name, kinds in TOLD_BY.items()}

    def _ids_of(self, kinds: Sequence[str]) -> Remembered:
        rows = self.news.filter(pl.col("kind").is_in(kinds))
        return Remembered(*(rows[name].to_arrow().cast(pa.string()) for name in ("benefit_id", "event_id")))


def told_alike(piece: BucketOutcome, telling: Telling) -> tuple[Alike, BucketOutcome, Places]:
    """What patterns tell of the changed decisions; the others, and their places among all."""
    rows = described(piece, telling.policy, telling.as_of)
    patterns, which = patterns_of(rows, piece, telling)
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


def _told(
    rows: pl.DataFrame, patterns: Sequence[Pattern], which: Places, places: Places, telling: Telling
) -> Alike:
    """The decisions at some places as told by patterns, each by the one of its number."""
    columns = {name: rows[name].to_arrow() for name in FILLING}
    own = Own.of(columns)
    bodies = filled([pattern.body for pattern in patterns], which, places, own)
    kinds = np.array([pattern.kind for pattern in patterns], object)[which]
    is_news = kinds.astype(bool)
    which, news_at = which[is_news], places[is_news]
    ids = _event_ids(patterns, which, news_at, own, telling.origin)
    with_ids = Own.of({**columns, "event_id": _at(news_at, ids, rows.height)})
    events = _events(patterns, which, news_at, with_ids, telling.origin)
    decided = [_as_in(CHANGES, rows, name).take(places) for name in _AS_DECIDED]
    listed = pa.ListArray.from_arrays(_offsets(is_news), events, CHANGES.field("events").type)
    nothing = pa.ListArray.from_arrays(_offsets(np.zeros_like(is_news)), pa.array([], pa.string()))
    changes = pa.Table.from_arrays([*decided, bodies, listed, nothing, nothing], schema=CHANGES)
    news = rows.select("benefit_id", "insured_county")[news_at].with_columns(
        kind=pl.Series(kinds[is_news].tolist(), dtype=pl.String),
        type=pl.Series(events.field("type")),
        event_id=pl.Series(events.field("event_id")),
    )
    return Alike(changes, places, news)


def _event_ids(
    patterns: Sequence[Pattern], which: Places, places: Places, own: Own, origin: Origin
) -> list[str]:
    texts = filled([pattern.hashed for pattern in patterns], which, places, own)
    return [event_id(origin, text) for text in texts.to_pylist()]


def _events(
    patterns: Sequence[Pattern], which: Places, places: Places, own: Own, origin: Origin
) -> pa.StructArray:
    """The events of the decisions at some places as ENVELOPE; each of them has one."""
    columns = {
        name: filled([pattern.event.get(name) for pattern in patterns], which, places, own) for name in OWN
    }
    columns["time"] = pa.repeat(pa.scalar(origin.local_time, pa.timestamp("us")), len(places))
    return pa.StructArray.from_arrays([columns[each.name] for each in ENVELOPE], fields=list(ENVELOPE))


def _at(places: Places, texts: Sequence[str], rows: int) -> pa.Array:
    """A column of so many rows that has these texts at these places."""
    column = np.full(rows, None, object)
    column[places] = texts
    return pa.array(column, pa.string())


def _as_in(schema: pa.Schema, rows: pl.DataFrame, name: str) -> pa.Array:
    return rows[name].to_arrow().cast(schema.field(name).type)


def _offsets(is_one: NDArray[np.bool_]) -> pa.Array:
    """Where the lists begin and the last one ends, if each has one item or none."""
    return pa.array(np.concatenate([[0], np.cumsum(is_one)]), pa.int32())
