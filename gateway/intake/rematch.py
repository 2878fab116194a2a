"""Matches adverse records again after the roster has changed.

A death that was known early, or was kept under an ID number corrected since, must find its person, and
must let go of a wrong one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from gateway.evidence.columns import BUCKETS, EVIDENCE, STRANGERS
from gateway.evidence.engine import engine
from gateway.evidence.files import as_part, write_part
from gateway.evidence.live import BUCKET_OF, live, scan
from gateway.places import Place
from gateway.roster.keymap import KeyMap
from gateway.store.database import Store
from gateway.store.parts import Part, add_parts, live_parts, retire_parts

_STATEMENT: Final = "dataset, key_hash, published_at, content, item"
_KEPT: Final = ", ".join(name for name in EVIDENCE.names if name not in {"person", "identity"})
_AGREED: Final = pa.schema([("name_shape", pa.int64()), ("known", pa.int64())])
_COLUMNS: Final = ", ".join(EVIDENCE.names)


def rematch(
    store: Store, folder: Place, keymap: KeyMap, run_id: int, at: datetime, memory_mb: int = 1024
) -> int:
    """Give every kept adverse record to whom the key map now names; returns how many records moved.

    Only the parts that hold a moved record are written anew. One commit; done twice it changes nothing.
    """
    with store.read() as connection:
        settled = live_parts(connection, "settled")
        retired = live_parts(connection, "retired")
    with engine(folder, memory_mb) as connected:
        connected.execute(f"CREATE VIEW live AS {live(folder, settled, retired)}")
        _match(connected, keymap)
        moved = _count(connected, "SELECT count(*) FROM moved")
        stale = [part for part in settled if moved and _holds_moved(connected, folder, part)]
        parts = list(_rewritten(connected, folder, stale, run_id, at)) if moved else []
    with store.begin() as connection:
        retire_parts(connection, [part.part_id for part in stale], at)
        add_parts(connection, parts)
    return moved


def _match(connected: duckdb.DuckDBPyConnection, keymap: KeyMap) -> None:
    """Tables `given` (as the key map has it now) and `moved` (statements that are not given so yet)."""
    unseen = "statement.name_shape IS NULL" if keymap.knows_shapes else "true"
    connected.execute("CREATE TABLE adverse AS SELECT * FROM live WHERE person_key IS NOT NULL")
    distinct = connected.execute("SELECT DISTINCT person_key FROM adverse").fetchnumpy()
    keys = np.asarray(distinct["person_key"], np.int64)
    found = keymap.lookup_many(keys)
    matches = pa.table({"person_key": keys[found.position], "person": found.number, "known": found.name_key})
    connected.register("matches", matches)
    connected.register("agreed", _agreed(connected, keymap))
    connected.execute(
        f"""
        CREATE TABLE given AS
        SELECT statement.*, matches.person, CASE
            WHEN matches.person IS NULL OR statement.name_key IS NULL AND {unseen} THEN 'unchecked'
            WHEN statement.name_key = matches.known OR agreed.known IS NOT NULL THEN 'match'
            ELSE 'doubt' END AS identity
        FROM (
            SELECT {_KEPT} FROM adverse
            QUALIFY row_number() OVER (PARTITION BY {_STATEMENT} ORDER BY received_at) = 1
        ) AS statement LEFT JOIN matches USING (person_key)
        LEFT JOIN agreed ON agreed.known = matches.known AND agreed.name_shape = statement.name_shape;

        CREATE TABLE moved AS
        SELECT DISTINCT {_STATEMENT} FROM (
            (SELECT {_STATEMENT}, person, identity FROM adverse
             EXCEPT SELECT {_STATEMENT}, person, identity FROM given)
            UNION ALL
            (SELECT {_STATEMENT}, person, identity FROM given
             EXCEPT SELECT {_STATEMENT}, person, identity FROM adverse)
        );
        """
    )


def _agreed(connected: duckdb.DuckDBPyConnection, keymap: KeyMap) -> pa.Table:
    """Which visible parts of masked names agree with which known names."""
    query = "SELECT DISTINCT name_shape, known FROM adverse JOIN matches USING (person_key)"
    pairs = connected.execute(f"{query} WHERE name_shape IS NOT NULL").fetchall()
    agreed = [{"name_shape": seen, "known": known} for seen, known in pairs if keymap.agrees(known, seen)]
    return pa.Table.from_pylist(agreed, _AGREED)


def _holds_moved(connected: duckdb.DuckDBPyConnection, folder: Place, part: Part) -> bool:
    rows = f"{scan(folder, [part], EVIDENCE)}"
    return _count(connected, f"SELECT count(*) FROM ({rows}) SEMI JOIN moved USING ({_STATEMENT})") > 0


def _rewritten(
    connected: duckdb.DuckDBPyConnection, folder: Place, stale: Sequence[Part], run_id: int, at: datetime
) -> Iterator[Part]:
    kept = f"SELECT * FROM ({scan(folder, stale, EVIDENCE)}) ANTI JOIN moved USING ({_STATEMENT})"
    placed = f"SELECT {_COLUMNS} FROM given SEMI JOIN moved USING ({_STATEMENT})"
    connected.execute(f"CREATE TABLE anew AS ({kept}) UNION ALL ({placed})")
    for bucket in (STRANGERS, *range(BUCKETS)):
        query = f"SELECT {_COLUMNS} FROM anew WHERE {BUCKET_OF} = ? ORDER BY person"
        table = connected.sql(query, params=[bucket]).to_arrow_table()
        if table.num_rows:
            written = write_part(folder, "settled", table.cast(EVIDENCE))
            yield as_part(written, "settled", bucket, run_id, at)


def _count(connected: duckdb.DuckDBPyConnection, query: str) -> int:
    found: Sequence[int] | None = connected.execute(query).fetchone()
    return int(found[0]) if found else 0
