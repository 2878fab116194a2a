"""Many rows at once, by the driver itself: SQLAlchemy's care for each value costs more than the SQL."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from sqlalchemy import JSON, Connection, LargeBinary, Select, Table

IN_BINARY: Final = "gateway_in_binary"
"""The execution option by which PostgreSQL answers in binary."""


def driver_rows(
    conn: Connection, query: Select[Any], values: Mapping[str, object] | None = None
) -> list[Any]:
    """The rows of a query as tuples of what the driver makes of each value: bytes, texts and whole numbers.

    For columns whose type converts nothing; an instant would come as it is kept. PostgreSQL is asked
    for them in binary: it would write a byte as two digits otherwise, and an event would take twice the time.
    """
    with conn.execute(query, values, execution_options={IN_BINARY: True}) as found:
        return list(found.cursor.fetchall()) if found.cursor is not None else []


def insert_rows(conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of `names`; types are converted as the table has them.

    A JSON column takes its text as it is.

    Raises:
        SQLAlchemyError, psycopg.Error: the database refused them; a store makes a StoreError of either.
    """
    if not rows:
        return
    quote = conn.dialect.identifier_preparer.quote
    target = f"{quote(table.name)} ({', '.join(quote(name) for name in names)})"
    values = _converted(conn, table, names, rows)
    if conn.dialect.name == "postgresql":
        _copy(conn, target, [_postgres_type(conn, table, name) for name in names], values)
        return
    marks = ", ".join("?" * len(names))
    conn.exec_driver_sql(f"INSERT INTO {target} VALUES ({marks})", values)  # noqa: S608 - names of our own tables


def _copy(conn: Connection, target: str, types: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows by binary COPY: less than two thirds of the time of INSERT, here and there."""
    with (
        closing(conn.connection.cursor()) as cursor,
        cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _postgres_type(conn: Connection, table: Table, name: str) -> str:
    kind = table.c[name].type
    return "text" if isinstance(kind, JSON) else kind.compile(conn.dialect).lower()


def _converted(
    conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Sequence[Sequence[Any]]:
    processors = {
        place: found for place, name in enumerate(names) if (found := _processor(conn, table, name))
    }
    if not processors:
        return rows
    by_column: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, processor in processors.items():
        by_column[place] = _processed(by_column[place], processor)
    return list(zip(*by_column, strict=True))


def _processor(conn: Connection, table: Table, name: str) -> Callable[[Any], Any] | None:
    """What makes of a column's values what the driver takes; both drivers take bytes and JSON as they are."""
    kind = table.c[name].type
    if isinstance(kind, LargeBinary | JSON):
        return None
    processor: Callable[[Any], Any] | None = kind.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    return processor


def _processed(values: Sequence[Any], processor: Callable[[Any], Any]) -> Sequence[Any]:
    known: dict[Any, Any] = {}
    for value in values:
        if value not in known:
            known[value] = processor(value)
    return [known[value] for value in values]
