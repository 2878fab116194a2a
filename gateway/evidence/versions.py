"""All versions of one record, by the hash of its row's key: one column of every part is read."""

from collections.abc import Sequence
from typing import Any, Final

import duckdb

from gateway.evidence.columns import EVIDENCE, RETIRED, STRANGERS
from gateway.evidence.engine import engine
from gateway.evidence.live import scan
from gateway.places import Place
from gateway.store.parts import Part

_VERSION: Final = ("dataset", "key_hash", "published_at", "content")
_NOT_TOLD: Final = {"person_key", "name_key", "name_shape", "certificate", "derived_from", "withdraws"}
_READ: Final = ", ".join(name for name in EVIDENCE.names if name not in _NOT_TOLD)


def versions_of(
    folder: Place, parts: tuple[Sequence[Part], Sequence[Part]], record: tuple[bytes, int], memory_mb: int
) -> list[dict[str, Any]]:
    """The EVIDENCE columns of a record (key hash, item), newest version first, without keys and names.

    `parts` are the settled and the retired ones. Beside the columns stands `standing`: whether a version
    counts, was replaced by a newer one, or withdrawn.
    """
    settled, retired = parts
    with engine(folder, memory_mb) as connected:
        own = _own(connected, folder, _holding(connected, folder, settled, record[0]), record)
        strangers = [part for part in settled if part.bucket == STRANGERS]
        undoing = _undoing(connected, scan(folder, strangers, EVIDENCE), record[0])
        replaced = _replaced(connected, scan(folder, retired, RETIRED), [*own, *undoing])
    withdrawn = {row["dataset"] for row in undoing if _version(row) not in replaced}
    return [row | {"standing": _standing(row, replaced, withdrawn)} for row in own]


def _holding(
    connected: duckdb.DuckDBPyConnection, folder: Place, settled: Sequence[Part], key_hash: bytes
) -> list[Part]:
    """The parts that hold a key: one column of each is read, and no other."""
    by_path = {part.path: part for part in settled}
    if not by_path:
        return []
    files = [str(folder / path) for path in by_path]
    query = "SELECT DISTINCT filename FROM read_parquet($1, filename = true) WHERE key_hash = $2"
    found = connected.execute(query, [files, key_hash]).fetchall()
    return [by_path["/".join(name.split("/")[-2:])] for (name,) in found]


def _own(
    connected: duckdb.DuckDBPyConnection, folder: Place, parts: Sequence[Part], record: tuple[bytes, int]
) -> list[dict[str, Any]]:
    query = (
        f"SELECT {_READ} FROM ({scan(folder, parts, EVIDENCE)}) WHERE key_hash = $1 AND item = $2 "
        "ORDER BY published_at DESC, content DESC"
    )
    found = connected.execute(query, list(record))
    names = [name for name, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _undoing(connected: duckdb.DuckDBPyConnection, strangers: str, key_hash: bytes) -> list[dict[str, Any]]:
    """The rows that withdraw the record; they name nobody, so all of them are among the strangers."""
    query = f"SELECT {', '.join(_VERSION)} FROM ({strangers}) WHERE withdraws = ?"
    rows = connected.execute(query, [key_hash]).fetchall()
    return [dict(zip(_VERSION, row, strict=True)) for row in rows]


def _replaced(
    connected: duckdb.DuckDBPyConnection, gone: str, found: Sequence[dict[str, Any]]
) -> set[tuple[Any, ...]]:
    keys = [row["key_hash"] for row in found]
    query = f"SELECT {', '.join(_VERSION)} FROM ({gone}) WHERE list_contains($1::BLOB[], key_hash)"
    return set(connected.execute(query, [keys]).fetchall())


def _version(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _VERSION)


def _standing(row: dict[str, Any], replaced: set[tuple[Any, ...]], withdrawn: set[str]) -> str:
    if _version(row) in replaced:
        return "replaced"
    return "withdrawn" if row["dataset"] in withdrawn else "counts"
