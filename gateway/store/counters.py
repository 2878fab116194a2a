"""Counters that give each number once: the row stays locked until the transaction ends."""

from sqlalchemy import Connection, insert, select, update

from gateway.store.tables import COUNTERS


def advance(conn: Connection, name: str, by: int) -> int:
    """Add to a counter and give its new value; another writer waits here until this one is through."""
    row = COUNTERS.c.name == name
    query = update(COUNTERS).where(row).values(value=COUNTERS.c.value + by).returning(COUNTERS.c.value)
    value = conn.scalar(query)
    if value is None:
        conn.execute(insert(COUNTERS).values(name=name, value=by))
        return by
    return int(value)


def value(conn: Connection, name: str) -> int:
    """What the counter stands at; 0 when it has never moved."""
    return conn.scalar(select(COUNTERS.c.value).where(COUNTERS.c.name == name)) or 0
