"""Settles what arrived: of every (dataset, key) one version lives, whoever the earlier ones named.

The newest version by load time wins, a tie by content, so that the order of arrival does not matter. What
is superseded is not rewritten but listed as retired, in the bucket of the person it named.

Nearly every row that arrives is the first of its key, so keys are compared first and by hashes of 8 bytes:
only the few that came twice or are known already are looked at as a whole. What was folded away or removed
keeps an older version from living again, and is read only as far back as the oldest arrival was published.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import duckdb

from gateway.evidence.columns import EVIDENCE, RETIRED
from gateway.evidence.engine import engine
from gateway.evidence.fleeting import FLEETING, floor
from gateway.evidence.live import BUCKET_OF, scan
from gateway.evidence.writing import Destination, write_by_bucket
from gateway.places import Place
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


@dataclass(frozen=True)
class _Known:
    """What is there: the parts of each stage, and the day before which no fleeting row is taken."""

    arrived: Sequence[Part]
    settled: Sequence[Part]
    retired: Sequence[Part]
    folded: Sequence[Part]
    floor: date | None


def settle(store: Store, folder: Place, run_id: int, at: datetime, memory_mb: int = 1024) -> Settled:
    """Settle all arrivals in one commit; a stop before it leaves everything as it was."""
    known = _known(store)
    if not known.arrived:
        return Settled(0, 0, 0, 0)
    with engine(folder, memory_mb) as connected:
        connected.execute(f"CREATE VIEW arrived AS {scan(folder, known.arrived, EVIDENCE)}")
        _find_contested(connected, folder, known)
        _compare(connected, known)
        parts = [*_write(connected, folder, known, run_id, at)]
        counts = _counts(connected, sum(part.rows for part in parts if part.stage == "settled"))
    with store.begin() as connection:
        retire_parts(connection, [part.part_id for part in known.arrived], at)
        add_parts(connection, parts)
    return counts


def _known(store: Store) -> _Known:
    with store.read() as connection:
        return _Known(
            arrived=live_parts(connection, "arrived"),
            settled=live_parts(connection, "settled"),
            retired=live_parts(connection, "retired"),
            folded=live_parts(connection, "folded"),
            floor=floor(connection),
        )


def _find_contested(connected: duckdb.DuckDBPyConnection, folder: Place, known: _Known) -> None:
    """Which keys came more than once or are there already, and every version there is of those.

    Of what is settled only the keys are read; 8 bytes of a key find it, two keys that share them are told
    apart later.
    """
    settled = scan(folder, known.settled, EVIDENCE)
    connected.execute(
        f"""
        CREATE TABLE keys AS SELECT hash(key_hash) AS k FROM arrived;

        CREATE TABLE met AS
        SELECT DISTINCT k FROM (SELECT hash(key_hash) AS k FROM ({settled})) SEMI JOIN keys USING (k);

        CREATE TABLE held AS
        SELECT DISTINCT {_VERSION}, {BUCKET_OF} AS bucket FROM ({settled})
        SEMI JOIN met ON hash(key_hash) = k
        ANTI JOIN ({scan(folder, known.retired, RETIRED)}) AS retired USING ({_VERSION});

        CREATE TABLE folded AS
        SELECT {_VERSION} FROM ({scan(folder, known.folded, RETIRED)}) SEMI JOIN keys ON hash(key_hash) = k
        WHERE published_at >= {_oldest(connected)};

        CREATE TABLE contested AS
        SELECT k FROM keys GROUP BY k HAVING count(*) > 1
        UNION SELECT k FROM met UNION SELECT hash(key_hash) FROM folded;
        """
    )


def _oldest(connected: duckdb.DuckDBPyConnection) -> str:
    """When the oldest arrival was published, as a constant: what is sorted by it is read from there on."""
    ((found,),) = connected.sql("SELECT min(published_at) FROM arrived").fetchall()
    return f"TIMESTAMP '{found}'" if found else "'infinity'"


def _compare(connected: duckdb.DuckDBPyConnection, known: _Known) -> None:
    """Which contested versions are newer than what lives, what they supersede, and the rows of them to keep.

    A row that leaves no record is kept only if it deletes, corrects or replaces one: the older version may
    still come. Of a version that came twice only the later reading is kept: it knew the newer roster.
    """
    connected.execute(
        f"""
        CREATE TABLE disputed AS SELECT {_COLUMNS} FROM arrived SEMI JOIN contested ON hash(key_hash) = k;

        CREATE TABLE newest AS
        SELECT {_VERSION} FROM (SELECT DISTINCT {_VERSION} FROM disputed)
        QUALIFY row_number() OVER (
            PARTITION BY dataset, key_hash ORDER BY published_at DESC, content DESC
        ) = 1;

        CREATE TABLE newcomers AS
        SELECT {_VERSION} FROM newest ANTI JOIN (
            SELECT newest.dataset, newest.key_hash FROM newest JOIN held USING (dataset, key_hash)
            WHERE (held.published_at, held.content) >= (newest.published_at, newest.content)
            UNION ALL
            SELECT newest.dataset, newest.key_hash FROM newest JOIN folded USING (dataset, key_hash)
            WHERE (folded.published_at, folded.content) > (newest.published_at, newest.content)
        ) AS outdated USING (dataset, key_hash);

        CREATE TABLE superseded AS
        SELECT {_VERSION}, bucket FROM held SEMI JOIN newcomers USING (dataset, key_hash);

        CREATE TABLE fresh AS
        SELECT {_COLUMNS} FROM disputed SEMI JOIN newcomers USING ({_VERSION})
        WHERE {_worth_keeping(known)}
           OR (dataset, key_hash) IN (SELECT (dataset, key_hash) FROM superseded)
        QUALIFY received_at = max(received_at) OVER (PARTITION BY {_VERSION})
            AND row_number() OVER (PARTITION BY {_VERSION}, received_at, item, person) = 1;
        """
    )


def _worth_keeping(known: _Known) -> str:
    """SQL: whether a row says something, or deletes or corrects what does, and is not older than is kept."""
    says = "(kind <> 'nothing' OR basis IS NOT NULL)"
    too_old = f"published_at < DATE '{known.floor}'" if known.floor else "false"
    return f"({says} AND NOT ({too_old} AND {FLEETING}))"


def _write(
    connected: duckdb.DuckDBPyConnection, folder: Place, known: _Known, run_id: int, at: datetime
) -> Iterator[Part]:
    """One settled and one retired part for each bucket that has any rows, sorted by person."""
    rows = (
        f"SELECT {_COLUMNS}, {BUCKET_OF} AS bucket FROM ("
        f"SELECT {_COLUMNS} FROM arrived ANTI JOIN contested ON hash(key_hash) = k "
        f"WHERE {_worth_keeping(known)} UNION ALL SELECT {_COLUMNS} FROM fresh) ORDER BY bucket, person"
    )
    yield from write_by_bucket(connected, rows, EVIDENCE, Destination(folder, "settled", run_id, at))
    superseded = f"SELECT {_VERSION}, bucket FROM superseded ORDER BY bucket"
    yield from write_by_bucket(connected, superseded, RETIRED, Destination(folder, "retired", run_id, at))


def _counts(connected: duckdb.DuckDBPyConnection, written: int) -> Settled:
    """How many versions; a key that is not contested came in one row, which is one version."""
    alone = _count(connected, "FROM keys ANTI JOIN contested USING (k)")
    disputed = _count(connected, f"SELECT DISTINCT {_VERSION} FROM disputed")
    newer = _count(connected, "FROM newcomers")
    kept = _count(connected, f"SELECT DISTINCT {_VERSION} FROM fresh")
    kept_alone = written - _count(connected, "FROM fresh")
    replaced = _count(connected, "SELECT DISTINCT dataset, key_hash FROM superseded")
    return Settled(
        new=kept_alone + kept,
        replaced=replaced,
        repeated=disputed - newer,
        dropped=alone - kept_alone + newer - kept,
    )


def _count(connected: duckdb.DuckDBPyConnection, rows: str) -> int:
    ((found,),) = connected.sql(f"SELECT count(*) FROM ({rows})").fetchall()
    return int(found)
