"""Compaction: buckets are written anew without what no decision can miss, one commit a bucket.

Only what a published decide run has seen is touched, so that whatever arrived since is still told apart. A
stop leaves some buckets compacted and the others as they were; both are right, and the next one goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, Literal

import duckdb
from sqlalchemy import Connection

from gateway.decide.engines import DuckTables
from gateway.evidence.columns import BUCKETS, EVIDENCE, STRANGERS
from gateway.evidence.compact import Compacted, counted, rewrite
from gateway.evidence.engine import engine
from gateway.evidence.fleeting import ADVERSE, floor
from gateway.evidence.folding import FATES, BucketParts, Expiry, Standing, judge
from gateway.evidence.live import scan
from gateway.roster.columns import ROSTER
from gateway.store import audit, runs
from gateway.store.bases import rewritten
from gateway.store.parts import Part, add_parts, live_parts, retire_parts
from gateway.store.revisions import revisions_of
from gateway.sync.lanes import side_by_side
from gateway.sync.layers import standing as layered
from gateway.sync.lock import at_work
from gateway.sync.standing import with_revisions
from gateway.sync.station import Station

ACTION: Final = "evidence.compacted"
EVERY: Final = (STRANGERS, *range(BUCKETS))

_PAYS_FROM: Final = 1 / 3
"""Once so much of a bucket came since, it pays: to write a row costs what deciding by it twice does."""

_MOST_PARTS: Final = 48
"""So many parts of a bucket are worth putting together, however small they are."""

_FEWEST_ROWS: Final = 20_000
"""Below that a bucket is decided in no time as it is."""

_LANES: Final = 2

Phase = Literal["compacting"]
Progress = Callable[[Phase, int, int], None]
"""Told after every bucket: how many are done, of how many."""


def silent(_phase: Phase, _done: int, _all: int) -> None:
    """Progress for those who do not watch."""


@dataclass(frozen=True)
class Decided:
    """The last published decide run, and the latest day that any of them decided."""

    run_id: int
    day: date


@dataclass(frozen=True)
class Task:
    """Which buckets are compacted, for whom it is audited, and what expires; `dry_run` only counts."""

    by: str
    buckets: Sequence[int] = EVERY
    expiry: Expiry | None = None
    dry_run: bool = False


def compact(station: Station, task: Task, progress: Progress = silent) -> list[Compacted]:
    """Compact buckets, or say what that would come to; gives those that change.

    Raises:
        StoreError: another run is at work, or the database or the disk failed; what was committed stays.
    """
    with at_work(station):
        decided = last_decided(station)
        return list(_compacted(station, task, decided, progress)) if decided else []


def compact_where_it_pays(station: Station, by: str, progress: Progress = silent) -> list[Compacted]:
    """Compact the buckets of which enough has come since they were compacted last.

    To be called with the evidence folder held.
    """
    decided = last_decided(station)
    if decided is None:
        return []
    with station.store.read() as conn:
        buckets = [bucket for bucket in EVERY if pays(_parts(conn, bucket, decided).settled)]
    return list(_compacted(station, Task(by, buckets), decided, progress))


def pays(settled: Sequence[Part]) -> bool:
    """Whether these parts of a bucket, all of them decided by, are worth being written anew."""
    rows = sum(part.rows for part in settled)
    fresh = sum(part.rows for part in settled if part.compacted_at is None)
    if len(settled) > _MOST_PARTS:
        return True
    return len(settled) > 1 and fresh >= _FEWEST_ROWS and fresh >= _PAYS_FROM * rows


def last_decided(station: Station) -> Decided | None:
    """What everything is measured by; none where no decide run was published yet."""
    with station.store.read() as conn:
        run, day = next(runs.published(conn), None), runs.last_decided(conn)
    return Decided(run.run_id, day) if run and day else None


def _compacted(station: Station, task: Task, decided: Decided, progress: Progress) -> Iterator[Compacted]:
    """Two buckets beside each other within one bound of memory: alone, one waits for the disk and itself."""
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connected:
        work = partial(_compact_bucket, station, task, decided, _lowest(station, connected))
        lanes = [connected.cursor() for _ in range(_LANES)]
        with closing(side_by_side(lanes, task.buckets, work)) as compacted:
            for done, found in enumerate(compacted, 1):
                if _is_wanted(task, found):
                    yield found
                progress("compacting", done, len(task.buckets))


def _lowest(station: Station, connected: duckdb.DuckDBPyConnection) -> date | None:
    """The floor; where there is one, the table `speaking` is made for all lanes."""
    with station.store.read() as conn:
        lowest, settled = floor(conn), live_parts(conn, "settled")
    if lowest:
        connected.execute(speaking(scan(station.evidence, settled, EVIDENCE)))
    return lowest


def _compact_bucket(
    station: Station,
    task: Task,
    decided: Decided,
    lowest: date | None,
    connected: duckdb.DuckDBPyConnection,
    bucket: int,
) -> Compacted:
    with station.store.read() as conn:
        parts = _parts(conn, bucket, decided)
        if not parts.settled:
            return Compacted(bucket, 0, 0, *[0] * len(FATES))
        standing = _standing(station, conn, connected, bucket)
    folder, now = station.evidence, station.now()
    judge(connected, folder, parts, standing, decided.day, now, task.expiry)
    found = counted(connected, parts)
    if task.dry_run or not _is_wanted(task, found):
        return found
    _put_in_place(station, task, parts, rewrite(connected, folder, parts, now, lowest), found)
    return found


def _is_wanted(task: Task, found: Compacted) -> bool:
    """Whether a bucket is written anew: for retention only where something goes."""
    return found.removed > 0 if task.expiry else found.changes


def _put_in_place(
    station: Station, task: Task, parts: BucketParts, new: Sequence[Part], found: Compacted
) -> None:
    now = station.now()
    details = {name: value for name, value in vars(found).items() if name != "bucket"}
    with station.store.begin() as conn:
        retire_parts(conn, [part.part_id for part in (*parts.settled, *parts.retired)], now)
        add_parts(conn, new)
        if found.rows == found.kept + found.folded + found.superseded:  # nothing has expired
            rewritten(conn, [*parts.settled, *parts.retired], new)
        audit.append(conn, now, task.by, ACTION, f"bucket {found.bucket}", details)


def _parts(conn: Connection, bucket: int, decided: Decided) -> BucketParts:
    """The parts of a bucket, those apart that came after the last run decided."""
    settled, retired = live_parts(conn, "settled", bucket), live_parts(conn, "retired", bucket)
    strangers = live_parts(conn, "settled", STRANGERS), live_parts(conn, "retired", STRANGERS)
    return BucketParts(
        bucket=bucket,
        settled=[part for part in settled if _is_decided(part, decided)],
        retired=[part for part in retired if _is_decided(part, decided)],
        later=(
            [part for part in settled if not _is_decided(part, decided)],
            [part for part in retired if not _is_decided(part, decided)],
        ),
        strangers=strangers,
    )


def _is_decided(part: Part, decided: Decided) -> bool:
    return part.run_id is not None and part.run_id <= decided.run_id


def _standing(
    station: Station, conn: Connection, connected: duckdb.DuckDBPyConnection, bucket: int
) -> Standing:
    """What the decisions that stand rest on, those made out of turn included."""
    if bucket == STRANGERS:
        return Standing()
    folder = station.evidence
    rows = layered(folder, live_parts(conn, "decided", bucket))
    decided = with_revisions(DuckTables(connected), rows, revisions_of(conn, bucket))
    roster = scan(folder, live_parts(conn, "roster", bucket), ROSTER)
    found = f"(SELECT * EXCLUDE (person) FROM ({decided}))"  # noqa: S608 - own names
    joined = f"FROM {found} JOIN (SELECT benefit_id, person FROM ({roster})) AS holder USING (benefit_id)"  # noqa: S608 - own names
    return Standing(
        days=f"SELECT person, certified_on AS day {joined}",
        facts=f"SELECT person, unnest(facts) AS content {joined}",
    )


def speaking(settled: str) -> str:
    """The datasets that have said something against somebody: all their versions stay known."""
    said = f"SELECT DISTINCT dataset FROM ({settled}) WHERE {ADVERSE}"  # noqa: S608 - own names
    return f"CREATE OR REPLACE TABLE speaking AS {said}"
