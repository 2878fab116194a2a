"""Many rows at once, by the driver itself: SQLAlchemy's care for each value costs more than the SQL."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import JSON, Connection, LargeBinary, Select, Table

_MARKS: Final = {"qmark": "?", "pyformat": "%s", "format": "%s"}


def driver_rows(conn: Connection, query: Select[Any]) -> list[Any]:
    """The rows of a query as tuples of what the driver makes of each value: bytes, texts and whole numbers.

    For columns whose type converts nothing; an instant would come as it is kept.
    """
    with conn.execute(query) as found:
        return list(found.cursor.fetchall()) if found.cursor is not None else []


def insert_rows(conn: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of `names`; types are converted as the table has them.

    A JSON column takes its text as it is.
    """
    if not rows:
        return
    quote = conn.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    marks = ", ".join([_MARKS[conn.dialect.paramstyle]] * len(names))
    conn.exec_driver_sql(
        f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})",  # noqa: S608 - names of our own tables
        _converted(conn, table, names, rows),
    )


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
