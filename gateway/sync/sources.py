"""What some buckets of benefits are decided from: evidence, roster, last decisions and ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

import duckdb
from sqlalchemy import Connection

from gateway.decide.columns import DECIDED
from gateway.decide.engine import BucketSources
from gateway.evidence.columns import STRANGERS
from gateway.evidence.live import certificates_misnamed, counting, scan
from gateway.policy import Policy
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part, live_parts
from gateway.store.revisions import Revision, revisions_of
from gateway.sync.standing import ledger_input, with_revisions
from gateway.sync.station import Station

_MISNAMED: Final = "misnamed"

AT_ONCE: Final = 400_000
"""Small buckets are decided together up to so many rows of roster and evidence."""


@dataclass(frozen=True)
class Before:
    """What a bucket was: its benefits on the roster, how many were decided, the revisions made since."""

    roster_rows: int
    decided_rows: int
    revisions: list[int]


@dataclass(frozen=True)
class BucketInput:
    """The sources of some buckets, which take in the revisions of each."""

    sources: BucketSources
    before: Mapping[int, Before]


def together(conn: Connection, buckets: Sequence[int]) -> Iterator[list[int]]:
    """The buckets in groups that are small enough to be decided at once; a large one stands alone."""
    parts = chain(live_parts(conn, "roster"), live_parts(conn, "settled"))
    rows = dict.fromkeys(buckets, 0)
    for part in parts:
        if part.bucket in rows:
            rows[part.bucket] += part.rows
    group: list[int] = []
    for bucket in buckets:
        if group and sum(rows[each] for each in group) + rows[bucket] > AT_ONCE:
            yield group
            group = []
        group.append(bucket)
    if group:
        yield group


def bucket_input(
    station: Station,
    conn: Connection,
    connection: duckdb.DuckDBPyConnection,
    buckets: Sequence[int],
    policy: Policy,
    as_of: date,
) -> BucketInput:
    """Everything the rules read about some buckets as of a day, as the store knows it now."""
    folder = station.evidence
    decided = {bucket: live_parts(conn, "decided", bucket) for bucket in buckets}
    revisions = {bucket: revisions_of(conn, bucket) for bucket in buckets}
    roster = {bucket: live_parts(conn, "roster", bucket) for bucket in buckets}
    last = scan(folder, _all(decided), DECIDED)
    misnamed = _misnamed(station, conn, connection) if policy.identity.certificates_name_one.value else None
    sources = BucketSources(
        evidence=_counting(station, conn, buckets, misnamed),
        roster=scan(folder, _all(roster), ROSTER),
        decided=with_revisions(connection, last, [*chain.from_iterable(revisions.values())]),
        ledger=ledger_input(conn, buckets, policy, as_of),
    )
    before = {
        bucket: Before(_rows(roster[bucket]), _rows(decided[bucket]), _numbers(revisions[bucket]))
        for bucket in buckets
    }
    return BucketInput(sources, before)


def _misnamed(station: Station, conn: Connection, connection: duckdb.DuckDBPyConnection) -> str:
    """The table of the names that certificates give wrongly; looked for once, for all buckets of a run."""
    found = certificates_misnamed(station.evidence, live_parts(conn, "settled"), live_parts(conn, "retired"))
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_MISNAMED} AS {found}")
    return _MISNAMED


def _counting(station: Station, conn: Connection, buckets: Sequence[int], misnamed: str | None) -> str:
    def parts(stage: str) -> list[Part]:
        return _all({bucket: live_parts(conn, stage, bucket) for bucket in buckets})

    strangers = (live_parts(conn, "settled", STRANGERS), live_parts(conn, "retired", STRANGERS))
    return counting(station.evidence, parts("settled"), parts("retired"), strangers, misnamed)


def _all(parts: Mapping[int, Sequence[Part]]) -> list[Part]:
    return [*chain.from_iterable(parts.values())]


def _rows(parts: Sequence[Part]) -> int:
    return sum(part.rows for part in parts)


def _numbers(revisions: Sequence[Revision]) -> list[int]:
    return [revision.revision_id for revision in revisions]
