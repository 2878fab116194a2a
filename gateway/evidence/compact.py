"""Writes a bucket anew as one part, without what no decision can miss; the versions let go stay known.

A version that was folded or has expired is listed in the stage `folded`, sorted by when it was published: an
older version of the same row must not live again. The same version may, should a window be read again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import duckdb

from gateway.evidence.columns import EVIDENCE, RETIRED, STRANGERS
from gateway.evidence.folding import FATES, VERSION, BucketParts, placed
from gateway.evidence.writing import Destination, write_by_bucket
from gateway.places import Place
from gateway.store.parts import Part

FOLDED: Final = "folded"
_COLUMNS: Final = ", ".join(EVIDENCE.names)


@dataclass(frozen=True)
class Compacted:
    """One bucket before and after: its parts, and what became of its rows; -1 is the strangers' bucket."""

    bucket: int
    parts: int
    rows: int
    kept: int
    folded: int
    superseded: int
    expired: int
    closed: int

    @property
    def removed(self) -> int:
        """How many rows retention lets go."""
        return self.expired + self.closed

    @property
    def changes(self) -> bool:
        """Whether writing the bucket anew would let go of anything, or leave fewer parts."""
        return self.kept < self.rows or self.parts > 1


def counted(connected: duckdb.DuckDBPyConnection, parts: BucketParts) -> Compacted:
    """What would become of the rows of a bucket, by the table `fates`."""
    rows = sum(part.rows for part in parts.settled)
    fates = dict(connected.sql("SELECT fate, count(*) FROM fates GROUP BY fate").fetchall())
    fates["kept"] = rows - sum(fates.values())
    return Compacted(
        bucket=parts.bucket,
        parts=len(parts.settled),
        rows=rows,
        **{name: fates.get(name, 0) for name in FATES},
    )


def rewrite(
    connected: duckdb.DuckDBPyConnection, folder: Place, parts: BucketParts, at: datetime, floor: date | None
) -> list[Part]:
    """The parts that take the place of `parts.settled` and `parts.retired`, and the list of what was let go.

    What was published before `floor` is not listed where its dataset has nothing adverse: it is not taken any
    more, in whatever version.
    """
    before = [*parts.settled, *parts.retired]
    return [_as_compacted(part, before, at) for part in _written(connected, folder, parts, at, floor)]


def _written(
    connected: duckdb.DuckDBPyConnection, folder: Place, parts: BucketParts, at: datetime, floor: date | None
) -> Iterator[Part]:
    staying = f"({placed(folder, parts.settled)}) ANTI JOIN fates USING (place)"
    kept = f"SELECT {_COLUMNS}, {parts.bucket} AS bucket FROM {staying} ORDER BY person"
    yield from write_by_bucket(connected, kept, EVIDENCE, Destination(folder, "settled", 0, at))
    listed = (
        f"SELECT {VERSION}, {parts.bucket} AS bucket FROM dead "
        f"SEMI JOIN (SELECT {VERSION} FROM {staying}) AS still USING ({VERSION})"
    )
    yield from write_by_bucket(connected, listed, RETIRED, Destination(folder, "retired", 0, at))
    gone = (
        f"SELECT DISTINCT {VERSION}, {STRANGERS} AS bucket FROM fates "
        f"WHERE fate IN ('folded', 'expired', 'closed') AND NOT ({below(floor)}) ORDER BY published_at"
    )
    yield from write_by_bucket(connected, gone, RETIRED, Destination(folder, FOLDED, 0, at))


def below(floor: date | None) -> str:
    """SQL over the table `speaking`: whether a version's row can do no harm, should it come again."""
    if floor is None:
        return "false"
    return f"published_at < DATE '{floor}' AND dataset NOT IN (SELECT dataset FROM speaking)"


def _as_compacted(part: Part, before: Sequence[Part], at: datetime) -> Part:
    newest = max(before, key=lambda each: (each.run_id or 0, each.created_at))
    return Part(
        part_id=part.part_id,
        stage=part.stage,
        dataset=None,
        bucket=part.bucket,
        path=part.path,
        rows=part.rows,
        run_id=newest.run_id,
        created_at=max(each.created_at for each in before),
        compacted_at=at,
    )
