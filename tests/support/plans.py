"""What SQLite would do for the queries that a piece of code asks: each step of each plan, as it names it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


@contextmanager
def plans_of(conn: sa.Connection) -> Iterator[list[str]]:
    """The steps of what is selected within the block, gathered as it is asked."""
    steps: list[str] = []

    def explain(_conn: object, cursor: sqlite3.Cursor, statement: str, given: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            told = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            steps.extend(line for *_, line in told)

    sa.event.listen(conn, "before_cursor_execute", explain)
    yield steps
    sa.event.remove(conn, "before_cursor_execute", explain)
