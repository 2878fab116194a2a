"""What reading refused rows again has come to, run by run."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from gateway.store.refusals import RefusalGroup, Which, conditions
from gateway.store.tables import REFUSALS, WINDOWS


def count_refusals(conn: Connection, which: Which) -> int:
    """How many refusals fit."""
    return int(conn.scalar(select(func.count()).select_from(REFUSALS).where(*conditions(which))) or 0)


def settled_by(conn: Connection, run_ids: Sequence[int], which: Which) -> dict[str, int]:
    """How many refusals the runs settled, by how; `which` has to be with the settled ones."""
    query = select(REFUSALS.c.outcome, func.count()).group_by(REFUSALS.c.outcome)
    chosen = query.where(REFUSALS.c.settled_run_id.in_(run_ids), *conditions(which))
    return {row[0]: row[1] for row in conn.execute(chosen)}


def refused_by(
    conn: Connection, run_ids: Sequence[int], which: Which, *, again: bool = False
) -> list[RefusalGroup]:
    """The open refusals of rows that came in the runs, grouped; only those refused before if `again`."""
    last = func.coalesce(REFUSALS.c.again_window_id, REFUSALS.c.window_id)
    joined = REFUSALS.join(WINDOWS, WINDOWS.c.window_id == (REFUSALS.c.again_window_id if again else last))
    by = (REFUSALS.c.dataset, REFUSALS.c.field, REFUSALS.c.rule)
    count = func.count().label("count")
    at = (func.min(REFUSALS.c.received_at), func.max(REFUSALS.c.again_at))
    query = (
        select(*by, count, *at).select_from(joined).where(WINDOWS.c.run_id.in_(run_ids), *conditions(which))
    )
    return [
        RefusalGroup(name, field or None, rule, number, first, newest or first)
        for name, field, rule, number, first, newest in conn.execute(
            query.group_by(*by).order_by(count.desc(), *by)
        )
    ]
