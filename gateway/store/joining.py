"""Many rows of SQLite read as one value: put together by the database, with commas between.

Its driver gives the interpreter away and asks for it again at each row, which beside other threads takes
longer than the reading. PostgreSQL's has all rows of an answer at once.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, func


def gives_rows_one_by_one(conn: Connection) -> bool:
    """Whether the driver waits for the interpreter at each row."""
    return conn.dialect.name == "sqlite"


def joined_bytes(column: ColumnElement[bytes]) -> ColumnElement[bytes | None]:
    """As `joined`, of bytes."""
    return cast(joined(column), LargeBinary)


def joined(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A subquery's column with commas between, in the order of the subquery; null of no rows.

    SQLite takes rows as they are given; it can be told another order from 3.44 on only.
    """
    return func.group_concat(column, ",")
