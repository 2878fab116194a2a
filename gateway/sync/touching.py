"""Whom a run looks at again: everybody whose decision can have changed since the decisions that stand.

A benefit's decision is a function of its person's rows that count, of the roster's rows of the person, of the
ledger, of the last decision and of the day; and to decide twice from the same is to decide once. So whoever
none of these has moved for is as decided before. Each `_by_…` is SQL of the persons that one of them may have
moved for; too many cost time, one too few would be a wrong decision.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa

from gateway.evidence.columns import BUCKETS, EVIDENCE, RETIRED
from gateway.evidence.live import misnamed_among, scan, undoing, withdrawn
from gateway.places import Place
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part
from gateway.sync.since import Since

TOUCHED: Final = "touched"
"""The table of the persons to be looked at again; its one column is `person`."""

_VERSION: Final = "dataset, key_hash, published_at, content"
_UNDOES: Final = f"{_VERSION}, kind, withdraws, certificate"
_CERTIFICATE: Final = "coalesce(derived_from, certificate)"
_NAMED: Final = f"kind = 'death' AND name_key IS NOT NULL AND {_CERTIFICATE} IS NOT NULL"


@dataclass(frozen=True)
class Looked:
    """Where to look: the evidence folder, what has come since, and the compiled `mattering` rows.

    `standing` is SQL of the decisions that stand; `held` are persons who are looked at in any case.
    """

    folder: Place
    since: Since
    mattering: str
    standing: str
    held: Iterable[int]
    as_of: date
    certificates: bool


def touch(connection: duckdb.DuckDBPyConnection, looked: Looked) -> int:
    """Make the table TOUCHED, and give how many persons are in it."""
    connection.register("held", pa.table({"person": pa.array(looked.held, pa.int64())}))
    connection.execute("CREATE OR REPLACE TEMP TABLE found (person BIGINT)")
    for persons in _found(connection, looked):
        connection.execute(f"INSERT INTO found {persons}")
    connection.execute(
        f"CREATE OR REPLACE TABLE {TOUCHED} AS SELECT DISTINCT person FROM found WHERE person IS NOT NULL"
    )
    ((count,),) = connection.sql(f"SELECT count(*) FROM {TOUCHED}").fetchall()
    return int(count)


def _found(connection: duckdb.DuckDBPyConnection, looked: Looked) -> Iterator[str]:
    yield "FROM held"
    yield from _by_rows(looked)
    yield from _by_retirement(looked)
    yield from _by_undoing(connection, looked)
    if looked.certificates:
        yield _by_names(connection, looked)
    yield from _by_roster(looked)
    yield f"SELECT person FROM ({looked.standing}) WHERE next_on <= DATE '{looked.as_of}'"


def _by_rows(looked: Looked) -> Iterator[str]:
    """Who is named by rows that have come or gone. A part written anew may hold what another one held."""
    settled = looked.since.settled.own
    for bucket in range(BUCKETS):
        here = settled.of((bucket,))
        added, removed = (scan(looked.folder, parts, EVIDENCE) for parts in (here.added, here.removed))
        if here.added and not here.removed:
            yield _mattering(looked, added)
        elif here.removed:
            yield _mattering(looked, f"({added}) EXCEPT ALL ({removed})")
            yield _mattering(looked, f"({removed}) EXCEPT ALL ({added})")


def _by_retirement(looked: Looked) -> Iterator[str]:
    """Who was named by versions that are superseded now, or no longer are: in a move, both persons."""
    for bucket in range(BUCKETS):
        retired = looked.since.retired.of((bucket,))
        turned = [*retired.added, *retired.removed]
        if turned:
            versions = scan(looked.folder, turned, RETIRED)
            rows = _rows(looked, [bucket])
            yield _mattering(looked, f"SELECT * FROM ({rows}) SEMI JOIN ({versions}) USING ({_VERSION})")


def _by_undoing(connection: duckdb.DuckDBPyConnection, looked: Looked) -> Iterator[str]:
    """Whose records are withdrawn now, or no longer are; whose death rests on a certificate that turned."""
    settled, retired = looked.since.settled.strangers, looked.since.retired.strangers
    if not any((settled.added, settled.removed, retired.added, retired.removed)):
        return
    for name, parts in (("now", (settled.now, retired.now)), ("before", (settled.before, retired.before))):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE undoing_{name} AS {undoing(looked.folder, *parts)}")
    keys = _either(*(withdrawn(f"FROM undoing_{name}") for name in ("now", "before")))
    rows = _rows(looked, range(BUCKETS))
    if _any(connection, keys):
        undone = f"SELECT * FROM ({rows}) SEMI JOIN ({keys}) USING (dataset, key_hash)"
        yield _mattering(looked, undone)
    turned = _either(*(f"SELECT {_UNDOES} FROM undoing_{name}" for name in ("now", "before")))
    turned = f"SELECT certificate AS derived_from FROM ({turned}) WHERE certificate IS NOT NULL"
    if _any(connection, turned):
        resting = f"SELECT * FROM ({rows}) WHERE kind = 'death'"
        yield f"SELECT person FROM ({resting}) SEMI JOIN ({turned}) USING (derived_from)"


def _by_names(connection: duckdb.DuckDBPyConnection, looked: Looked) -> str:
    """Whom certificates of death name wrongly now, or no longer do: other people's rows decide about it.

    A certificate names whom it did as long as none of the rows that are it or rest on it has turned.
    """
    since = looked.since
    parts = [*since.settled.now, *since.settled.removed]
    if not parts:
        return "FROM held"
    files = _files(looked, parts)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE certified AS SELECT {_VERSION}, kind, certificate, derived_from, "
        f"person, name_key, department, filename FROM read_parquet([{files}], filename = true) WHERE {_NAMED}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE turned AS {_turned_certificates(looked)}")
    sides = ((since.settled.now, since.retired.now), (since.settled.before, since.retired.before))
    return f"SELECT person FROM ({_either(*(misnamed_among(_lives(looked, *side)) for side in sides))})"


def _turned_certificates(looked: Looked) -> str:
    """SQL of the certificates (`turned`) of which a row has come, gone, or been superseded."""
    settled, retired = looked.since.settled, looked.since.retired
    files = _files(looked, [*settled.added, *settled.removed])
    versions = scan(looked.folder, [*retired.added, *retired.removed], RETIRED)
    return (
        f"SELECT {_CERTIFICATE} AS turned FROM certified WHERE filename IN ({files}) UNION "
        f"SELECT {_CERTIFICATE} FROM certified SEMI JOIN ({versions}) USING ({_VERSION})"
    )


def _lives(looked: Looked, settled: Iterable[Part], retired: Iterable[Part]) -> str:
    """SQL of the deaths that live among some parts, of certificates that turned."""
    gone = scan(looked.folder, list(retired), RETIRED)
    return (
        f"SELECT * FROM certified ANTI JOIN ({gone}) USING ({_VERSION}) "
        f"WHERE filename IN ({_files(looked, settled)}) AND {_CERTIFICATE} IN (FROM turned)"
    )


def _files(looked: Looked, parts: Iterable[Part]) -> str:
    return ", ".join(_path(looked.folder, part) for part in parts) or "NULL"


def _by_roster(looked: Looked) -> Iterator[str]:
    """Whose row of the roster is another one now, has come or gone, or names another holder."""
    differs = " OR ".join(f"now.{name} IS DISTINCT FROM before.{name}" for name in ROSTER.names)
    for bucket in range(BUCKETS):
        roster = looked.since.roster.of((bucket,))
        if roster.added or roster.removed:
            now, before = (scan(looked.folder, parts, ROSTER) for parts in (roster.now, roster.before))
            yield (
                "SELECT unnest([now.person, before.person]) AS person "
                f"FROM ({now}) AS now FULL JOIN ({before}) AS before USING (benefit_id) WHERE {differs}"
            )


def _rows(looked: Looked, buckets: Iterable[int]) -> str:
    """Every row of some buckets, those of parts that no longer count too."""
    settled = looked.since.settled.of(list(buckets))
    return scan(looked.folder, [*settled.now, *settled.removed], EVIDENCE)


def _mattering(looked: Looked, rows: str) -> str:
    return f"WITH evidence AS ({rows}) {looked.mattering}"


def _either(one: str, other: str) -> str:
    """SQL of the rows that only one of the two has."""
    return f"(({one}) EXCEPT ({other})) UNION ALL (({other}) EXCEPT ({one}))"


def _any(connection: duckdb.DuckDBPyConnection, rows: str) -> bool:
    return bool(connection.sql(f"SELECT * FROM ({rows}) LIMIT 1").fetchall())


def _path(folder: Place, part: Part) -> str:
    return "'" + str(folder / part.path).replace("'", "''") + "'"
