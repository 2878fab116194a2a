"""Settles what arrived: of every (dataset, key) one version lives, whoever the earlier ones named.

The newest version by load time wins, a tie by content, so that the order of arrival does not matter. What
is superseded is not rewritten but listed as retired, in the bucket of the person it named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from gateway.evidence.columns import EVIDENCE, RETIRED
from gateway.evidence.engine import engine
from gateway.evidence.files import as_part, write_part
from gateway.evidence.live import BUCKET_OF, live, scan
from gateway.store.database import Store
from gateway.store.parts import Part, add_parts, live_parts, retire_parts

_VERSION: Final = "dataset, key_hash, published_at, content"
_COLUMNS: Final = ", ".join(EVIDENCE.names)


@dataclass(frozen=True)
class Settled:
    """How many row versions were new, how many of those replaced an older one, how many were known.

    `dropped` are new ones that leave nothing to keep: mostly of-life rows about people not on the roster.
    """

    new: int
    replaced: int
    repeated: int
    dropped: int


def settle(store: Store, folder: Path, run_id: int, at: datetime, memory_mb: int = 1024) -> Settled:
    """Settle all arrivals in one commit; a stop before it leaves everything as it was."""
    with store.read() as connection:
        arrived = live_parts(connection, "arrived")
        settled = live_parts(connection, "settled")
        retired = live_parts(connection, "retired")
    if not arrived:
        return Settled(0, 0, 0, 0)
    with engine(folder, memory_mb) as connected:
        connected.execute(f"CREATE VIEW arrived AS {scan(folder, arrived, EVIDENCE)}")
        connected.execute(f"CREATE VIEW known AS {live(folder, settled, retired)}")
        _compare(connected)
        counts = _counts(connected)
        parts = [*_write(connected, folder, run_id, at)]
    with store.begin() as connection:
        retire_parts(connection, [part.part_id for part in arrived], at)
        add_parts(connection, parts)
    return counts


def _compare(connected: duckdb.DuckDBPyConnection) -> None:
    """Which versions are newer than what lives, what they supersede, and the rows of them to keep.

    A row that leaves no record is kept only if it deletes, corrects or replaces one: the older version may
    still come. Of a version that came twice only the later reading is kept: it knew the newer roster.
    """
    connected.execute(
        f"""
        CREATE TABLE newest AS
        SELECT {_VERSION} FROM (SELECT DISTINCT {_VERSION} FROM arrived)
        QUALIFY row_number() OVER (
            PARTITION BY dataset, key_hash ORDER BY published_at DESC, content DESC
        ) = 1;

        CREATE TABLE held AS
        SELECT DISTINCT {_VERSION}, {BUCKET_OF} AS bucket
        FROM known SEMI JOIN newest USING (dataset, key_hash);

        CREATE TABLE newcomers AS
        SELECT {_VERSION} FROM newest ANTI JOIN (
            SELECT newest.dataset, newest.key_hash FROM newest JOIN held USING (dataset, key_hash)
            WHERE (held.published_at, held.content) >= (newest.published_at, newest.content)
        ) AS up_to_date USING (dataset, key_hash);

        CREATE TABLE superseded AS
        SELECT {_VERSION}, bucket FROM held SEMI JOIN newcomers USING (dataset, key_hash);

        CREATE TABLE fresh AS
        SELECT {_COLUMNS}, {BUCKET_OF} AS bucket
        FROM arrived SEMI JOIN newcomers USING ({_VERSION})
        WHERE kind <> 'nothing' OR basis IS NOT NULL
           OR (dataset, key_hash) IN (SELECT (dataset, key_hash) FROM superseded)
        QUALIFY received_at = max(received_at) OVER (PARTITION BY {_VERSION})
            AND row_number() OVER (PARTITION BY {_VERSION}, received_at, item, person) = 1;
        """
    )


def _counts(connected: duckdb.DuckDBPyConnection) -> Settled:
    arrived = _count(connected, f"SELECT DISTINCT {_VERSION} FROM arrived")
    newer = _count(connected, "FROM newcomers")
    kept = _count(connected, f"SELECT DISTINCT {_VERSION} FROM fresh")
    replaced = _count(connected, "SELECT DISTINCT dataset, key_hash FROM superseded")
    return Settled(new=kept, replaced=replaced, repeated=arrived - newer, dropped=newer - kept)


def _write(connected: duckdb.DuckDBPyConnection, folder: Path, run_id: int, at: datetime) -> Iterator[Part]:
    """One settled and one retired part for each bucket that has any rows."""
    buckets = connected.sql("SELECT bucket FROM fresh UNION SELECT bucket FROM superseded ORDER BY bucket")
    for (bucket,) in buckets.fetchall():
        query = f"SELECT {_COLUMNS} FROM fresh WHERE bucket = ? ORDER BY person"
        rows = connected.sql(query, params=[bucket]).to_arrow_table()
        yield from _part(rows, EVIDENCE, folder, "settled", bucket, run_id, at)
        query = f"SELECT {_VERSION} FROM superseded WHERE bucket = ?"
        rows = connected.sql(query, params=[bucket]).to_arrow_table()
        yield from _part(rows, RETIRED, folder, "retired", bucket, run_id, at)


def _part(
    rows: pa.Table,
    schema: pa.Schema,
    folder: Path,
    stage: str,
    bucket: int,
    run_id: int,
    at: datetime,
) -> Iterator[Part]:
    if rows.num_rows:
        yield as_part(write_part(folder, stage, rows.cast(schema)), stage, bucket, run_id, at)


def _count(connected: duckdb.DuckDBPyConnection, rows: str) -> int:
    ((found,),) = connected.sql(f"SELECT count(*) FROM ({rows})").fetchall()
    return int(found)
