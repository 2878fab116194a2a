"""What one bucket of benefits is decided from: evidence, roster, last decisions and ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
from sqlalchemy import Connection

from gateway.decide.columns import DECIDED
from gateway.decide.engine import BucketSources
from gateway.evidence.columns import STRANGERS
from gateway.evidence.live import counting, scan
from gateway.policy import Policy
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part, live_parts
from gateway.store.revisions import revisions_of
from gateway.sync.standing import ledger_input, with_revisions
from gateway.sync.station import Station


@dataclass(frozen=True)
class BucketInput:
    """A bucket's sources; `decided_rows` were decided before, `revisions` are taken in by these sources."""

    sources: BucketSources
    roster_rows: int
    decided_rows: int
    revisions: list[int]


def bucket_input(
    station: Station,
    conn: Connection,
    connection: duckdb.DuckDBPyConnection,
    bucket: int,
    policy: Policy,
    as_of: date,
) -> BucketInput:
    """Everything the rules read about a bucket as of a day, as the store knows it now."""

    def parts(stage: str, of: int) -> list[Part]:
        return live_parts(conn, stage, of)

    folder, decided, revisions = station.evidence, parts("decided", bucket), revisions_of(conn, bucket)
    roster = parts("roster", bucket)
    strangers = (parts("settled", STRANGERS), parts("retired", STRANGERS))
    sources = BucketSources(
        evidence=counting(folder, parts("settled", bucket), parts("retired", bucket), strangers),
        roster=scan(folder, roster, ROSTER),
        decided=with_revisions(connection, scan(folder, decided, DECIDED), revisions),
        ledger=ledger_input(conn, bucket, None, policy, as_of),
    )
    numbers = [revision.revision_id for revision in revisions]
    return BucketInput(sources, _rows(roster), _rows(decided), numbers)


def _rows(parts: Sequence[Part]) -> int:
    return sum(part.rows for part in parts)
