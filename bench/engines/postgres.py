"""The rules on PostgreSQL: `scripts/services python -m bench.engines.postgres FOLDER TIMES`.

The tables are loaded by COPY and analysed before, which is not counted; everything is in a schema of its own
that is removed at the end.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow as pa
from psycopg import sql
from sqlalchemy.engine import make_url

from bench.engines.inputs import TABLES, asked
from bench.engines.outcome import LONGEST_S, Outcome, tally_of
from gateway.decide.engine import connect

SERVER: Final = "GATEWAY_TEST_POSTGRES"
_SCHEMA: Final = "bench_engines"
_SETTINGS: Final = {
    "work_mem": "256MB",
    "maintenance_work_mem": "256MB",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "statement_timeout": f"{LONGEST_S}s",
}
_CHUNK: Final = 2**20
_TYPES: Final = {
    pa.int64(): "bigint",
    pa.int16(): "smallint",
    pa.string(): "text",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.bool_(): "boolean",
    pa.list_(pa.string()): "text[]",
    pa.list_(pa.date32()): "date[]",
    pa.list_(pa.int64()): "bigint[]",
}


def main(folder: Path, times: int) -> Outcome:
    """Load the tables, decide and count; no seconds where a pass did not end in fifteen minutes."""
    queries = asked("postgres")
    with _server() as connection:
        for name, schema in TABLES.items():
            _load(connection, folder, name, schema)
        seconds: list[float] = []
        rows: list[Any] = []
        for _ in range(times):
            begun = time.perf_counter()
            try:
                connection.execute("DROP TABLE IF EXISTS told")
                connection.execute(f"CREATE UNLOGGED TABLE told AS {portable(queries.told)}".encode())
                connection.execute("ANALYZE told")
                rows = connection.execute(portable(queries.counted).encode()).fetchall()
            except psycopg.errors.QueryCanceled:
                return Outcome([], [])
            seconds.append(time.perf_counter() - begun)
    return Outcome(seconds, tally_of(rows))


def portable(query: str) -> str:
    """What Ibis leaves open: an empty array is typed by what is beside it, and texts are of one type."""
    return query.replace("ARRAY[]", "'{}'").replace("VARCHAR", "TEXT")


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    """A connection in a schema of its own; each statement commits by itself."""
    url = make_url(os.environ[SERVER]).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        schema = sql.Identifier(_SCHEMA)
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE").format(schema))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        connection.execute(sql.SQL("SET search_path = {}").format(schema))
        for name, value in _SETTINGS.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        try:
            yield connection
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))


def _load(connection: psycopg.Connection, folder: Path, name: str, schema: pa.Schema) -> None:
    columns = sql.SQL(", ").join(_column(field) for field in schema)
    table = sql.Identifier(name)
    connection.execute(sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(table, columns))
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        rows = Path(place) / "rows.csv"
        _as_csv(folder / f"{name}.parquet", schema, rows)
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table)
        with rows.open("rb") as file, connection.cursor().copy(statement) as copy:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
    connection.execute(sql.SQL("ANALYZE {}").format(table))


def _column(field: pa.Field) -> sql.Composed:
    kind = "bytea" if pa.types.is_fixed_size_binary(field.type) else _TYPES[field.type]
    return sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(kind))


def _as_csv(parquet: Path, schema: pa.Schema, rows: Path) -> None:
    """As PostgreSQL reads it: bytes in hex. No list is in a file that has rows."""
    columns = ", ".join(
        f"'\\x' || lower(hex({field.name}))" if pa.types.is_fixed_size_binary(field.type) else field.name
        for field in schema
    )
    with connect() as connection:
        table = connection.read_parquet(str(parquet))
        table.project(columns).write_csv(str(rows), header=False)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2])).as_line())  # noqa: T201 - the figures
