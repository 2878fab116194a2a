"""What deciding asks of an engine, and the one in this process. The SQL of every source is DuckDB's."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Final, Protocol

import duckdb
import pyarrow as pa

from gateway.decide.engine import BucketSources, Queries, decide_buckets
from gateway.decide.outcome import BucketOutcome

DIALECTS: Final[Mapping[str, str]] = {"duckdb": "duckdb", "spark": "pyspark"}
"""The dialect, by Ibis' name, that the rules are compiled to for each engine."""

_LANES: Final = 2
"""So many buckets at a time: one fills the cores while the other is read, sorted or told about."""


class Tables(Protocol):
    """Where sources find what is no Parquet part."""

    def keep(self, name: str, query: str) -> None:
        """Make a table of a query, once; asked again, nothing happens."""

    def register(self, name: str, rows: pa.Table) -> None:
        """Give rows a name; the last ones given are meant."""


class Engine(Tables, Protocol):
    """Decides buckets of benefits; every engine finds the same."""

    def decide(
        self, sources: BucketSources, queries: Queries, buckets: Sequence[int]
    ) -> Iterator[tuple[int, BucketOutcome]]:
        """Decide every benefit of some buckets with the rules as compiled for this engine.

        The state of an outcome has the benefits whose row is another one now, and those `revised`.

        Raises:
            StoreError: a part cannot be read, or memory, disk or cluster failed.
        """

    def count_by(self, query: str, column: str) -> dict[str | None, int]:
        """How many rows of a query have each value of a column."""

    def table(self, query: str) -> pa.Table:
        """The rows of a query, which are few enough for this process."""

    def lanes(self, most: int) -> Sequence["Engine"]:
        """Engines over the tables kept so far, each for a thread; this one alone where more bring nothing."""

    def interrupt(self) -> None:
        """Break off what another thread has this engine do."""


class DuckTables:
    """The tables of a DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lock: "Lock | None" = None) -> None:
        self.connection = connection
        self._lock = lock or Lock()

    def has(self, name: str) -> bool:
        """Whether there is a table of this name."""
        query = "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?"
        return self.connection.execute(query, [name]).fetchall() == [(1,)]

    def keep(self, name: str, query: str) -> None:
        # for all lanes, which would each make it
        with self._lock:
            self.connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {query}")

    def register(self, name: str, rows: pa.Table) -> None:
        self.connection.register(name, rows)


class DuckEngine(DuckTables):
    """Decides in this process."""

    def decide(
        self, sources: BucketSources, queries: Queries, buckets: Sequence[int]
    ) -> Iterator[tuple[int, BucketOutcome]]:
        return decide_buckets(self.connection, sources, queries, buckets)

    def count_by(self, query: str, column: str) -> dict[str | None, int]:
        counted = self.connection.sql(query).aggregate(f"{column}, count(*)", column)
        return dict(counted.fetchall())

    def table(self, query: str) -> pa.Table:
        return self.connection.sql(query).to_arrow_table()

    def lanes(self, most: int) -> Sequence[Engine]:
        count = min(most, _LANES)
        return [self] if count < _LANES else [self._beside() for _ in range(count)]

    def interrupt(self) -> None:
        self.connection.interrupt()

    def _beside(self) -> "DuckEngine":
        return DuckEngine(self.connection.cursor(), self._lock)
