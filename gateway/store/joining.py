"""Many rows read as one value: put together by the database, with commas between.

SQLite's driver gives the interpreter away and asks for it again at each row. Beside other threads, that takes
longer than the reading.
"""

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, cast, func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by


def joined(dialect: str, column: ColumnElement[Any], by: ColumnElement[int]) -> ColumnElement[Any]:
    """Texts or bytes of a subquery's rows with commas between, in their order `by`; null of no rows.

    The subquery has that order as well: SQLite takes rows as they are given, and can be told another order
    from 3.44 on only.
    """
    is_bytes = isinstance(column.type, LargeBinary)
    if dialect == "postgresql":
        comma: ColumnElement[Any] = literal_column("','::bytea" if is_bytes else "','")
        return func.string_agg(column, aggregate_order_by(comma, by))
    found: ColumnElement[Any] = func.group_concat(column, ",")
    return cast(found, LargeBinary) if is_bytes else found
