"""Decisions as a store holds them, with the explanations that are packed there."""

import json
from typing import Any

from sqlalchemy import Connection, select

from gateway.store.packing import unpack
from gateway.store.tables import DECISIONS


def decisions_kept(conn: Connection) -> list[dict[str, Any]]:
    """Every decision there ever was by instant and benefit, with its body in place of what is packed."""
    rows = conn.execute(select(DECISIONS).order_by(DECISIONS.c.decided_at, DECISIONS.c.benefit_id)).all()
    bodies = map(json.loads, unpack(conn, [row.packed for row in rows]))
    found = [row._asdict() | {"body": body} for row, body in zip(rows, bodies, strict=True)]
    return [{name: row[name] for name in row if name != "packed"} for row in found]
