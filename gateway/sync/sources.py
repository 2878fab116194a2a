"""What some buckets of benefits are decided from: evidence, roster, last decisions and ledger."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection

from gateway.decide.engine import BucketSources
from gateway.decide.engines import Tables
from gateway.evidence.columns import EVIDENCE, RETIRED, STRANGERS
from gateway.evidence.live import certificates_misnamed, counting_among, scan, undoing
from gateway.policy import Policy
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part, live_parts
from gateway.store.revisions import Revision, revisions_of
from gateway.sync.layers import standing
from gateway.sync.moving import MOVED, moved_from, with_moved
from gateway.sync.standing import ledger_input, with_revisions
from gateway.sync.station import Station
from gateway.sync.touching import TOUCHED

_MISNAMED: Final = "misnamed"
_UNDOING: Final = "undoing"

_PARTS: Final = (("settled", EVIDENCE), ("retired", RETIRED))

AT_ONCE: Final = 1_500_000
"""Small buckets are decided together up to so many rows of roster and evidence."""


@dataclass(frozen=True)
class Before:
    """What a bucket was: whether it has any benefit, its decided parts, the decisions out of turn since.

    `standing` is SQL of the decisions that stand, those out of turn not among them; `roster` SQL of its
    roster; `gone` SQL of decisions about benefits that are no longer on it.
    """

    standing: str
    roster: str
    gone: str
    parts: Sequence[Part]
    revisions: Sequence[Revision]
    is_empty: bool


@dataclass(frozen=True)
class BucketInput:
    """The sources of some buckets, which take in the revisions of each."""

    sources: BucketSources
    before: Mapping[int, Before]


def together(
    conn: Connection, buckets: Sequence[int], at_once: int | None = AT_ONCE, share: float = 1.0
) -> Iterator[list[int]]:
    """The buckets in groups that are small enough to be decided at once; a large one stands alone.

    `share` is the part of the people who are looked at. Without a bound they all are one group.
    """
    if at_once is None:
        yield [*buckets]
        return
    parts = chain(live_parts(conn, "roster"), live_parts(conn, "settled"))
    rows = dict.fromkeys(buckets, 0)
    for part in parts:
        if part.bucket in rows:
            rows[part.bucket] += part.rows
    group: list[int] = []
    for bucket in buckets:
        if group and share * (sum(rows[each] for each in group) + rows[bucket]) > at_once:
            yield group
            group = []
        group.append(bucket)
    if group:
        yield group


def bucket_input(
    station: Station,
    conn: Connection,
    tables: Tables,
    buckets: Sequence[int],
    policy: Policy,
    as_of: date,
    *,
    made: Collection[str] = (),
) -> BucketInput:
    """Everything the rules read about some buckets as of a day, as the store knows it now.

    `made` are the tables there are: with TOUCHED only what is about its persons is read, with MOVED also what
    was decided in other buckets about benefits of these.
    """
    folder = station.evidence
    decided = {bucket: live_parts(conn, "decided", bucket) for bucket in buckets}
    revisions = {bucket: revisions_of(conn, bucket) for bucket in buckets}
    roster = {bucket: live_parts(conn, "roster", bucket) for bucket in buckets}
    last = with_revisions(tables, standing(folder, _all(decided)), [*chain.from_iterable(revisions.values())])
    here = scan(folder, _all(roster), ROSTER)
    last = with_moved(last, here, buckets) if MOVED in made else last
    misnamed = _misnamed(station, conn, tables) if policy.identity.certificates_name_one.value else None
    settled, retired = (_scanned(station, conn, buckets, *each) for each in _PARTS)
    read = {"settled": settled, "roster": here, "decided": last}
    kept = {f"kept_{name}": _of_touched(rows) for name, rows in read.items()} if TOUCHED in made else {}
    own = {name: f"FROM kept_{name}" if TOUCHED in made else rows for name, rows in read.items()}
    undone = _undoing(station, conn, tables)
    sources = BucketSources(
        evidence=counting_among(own["settled"], retired, undone, misnamed),
        roster=own["roster"],
        decided=own["decided"],
        ledger=ledger_input(conn, buckets, policy, as_of),
        settled=own["settled"],
        told=counting_among("SELECT * FROM rare", retired, undone, misnamed),
        behind=counting_among("SELECT * FROM own", retired, undone, misnamed),
        kept=kept,
        revised=[each.benefit_id for each in chain.from_iterable(revisions.values())],
    )
    before = {}
    for bucket in buckets:
        stands, listed = standing(folder, decided[bucket]), scan(folder, roster[bucket], ROSTER)
        before[bucket] = Before(
            standing=stands,
            roster=listed,
            gone=moved_from(bucket) if MOVED in made else _unlisted(stands, listed),
            parts=decided[bucket],
            revisions=revisions[bucket],
            is_empty=not (_rows(roster[bucket]) or _rows(decided[bucket])),
        )
    return BucketInput(sources, before)


def _misnamed(station: Station, conn: Connection, tables: Tables) -> str:
    """The table of the names that certificates give wrongly; looked for once, for all buckets of a run."""
    found = certificates_misnamed(station.evidence, live_parts(conn, "settled"), live_parts(conn, "retired"))
    tables.keep(_MISNAMED, found)
    return _MISNAMED


def _undoing(station: Station, conn: Connection, tables: Tables) -> str:
    """The table of the rows that undo others, read once for all buckets of a run."""
    parts = (live_parts(conn, stage, STRANGERS) for stage in ("settled", "retired"))
    tables.keep(_UNDOING, undoing(station.evidence, *parts))
    return f"SELECT * FROM {_UNDOING}"  # noqa: S608 - our own SQL


def _scanned(
    station: Station, conn: Connection, buckets: Sequence[int], stage: str, schema: pa.Schema
) -> str:
    parts = _all({bucket: live_parts(conn, stage, bucket) for bucket in buckets})
    return scan(station.evidence, parts, schema)


def _all(parts: Mapping[int, Sequence[Part]]) -> list[Part]:
    return [*chain.from_iterable(parts.values())]


def _rows(parts: Sequence[Part]) -> int:
    return sum(part.rows for part in parts)


def _unlisted(standing: str, roster: str) -> str:
    return f"SELECT * FROM ({standing}) ANTI JOIN ({roster}) USING (benefit_id)"  # noqa: S608 - our own SQL


def _of_touched(rows: str) -> str:
    return f"SELECT * FROM ({rows}) SEMI JOIN {TOUCHED} USING (person)"  # noqa: S608 - our own SQL
