"""What a decide run was decided from: its day, its rules, and the parts that counted when it began."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.store.chunks import chunks
from gateway.store.parts import Part
from gateway.store.tables import DECIDE_BASES, PARTS, RUNS

STAGES: Final = ("settled", "retired", "roster")
"""The stages of the parts that decisions are made from."""


@dataclass(frozen=True)
class Basis:
    """The basis of one decide run; `rules` is a digest of the rules as compiled, `parts` are ids."""

    run_id: int
    as_of: date
    rules: str
    parts: frozenset[str]


def keep_basis(conn: Connection, basis: Basis) -> None:
    """Note what a run is decided from; it counts once that run's decisions stand."""
    values = {"as_of": basis.as_of, "rules": basis.rules, "parts": sorted(basis.parts)}
    conn.execute(insert(DECIDE_BASES).values(run_id=basis.run_id, **values))


def standing_basis(conn: Connection) -> Basis | None:
    """The basis of the decisions that stand; null where nothing was decided, or by an older version."""
    decided = select(RUNS.c.run_id).where(RUNS.c.kind == "decide", RUNS.c.state == "done")
    newest = decided.order_by(RUNS.c.run_id.desc()).limit(1).scalar_subquery()
    row = conn.execute(select(DECIDE_BASES).where(DECIDE_BASES.c.run_id == newest)).one_or_none()
    return None if row is None else Basis(row.run_id, row.as_of, row.rules, frozenset(row.parts))


def drop_older_bases(conn: Connection, run_id: int) -> None:
    """Forget what the runs before a published one were decided from."""
    conn.execute(delete(DECIDE_BASES).where(DECIDE_BASES.c.run_id < run_id))


def rewritten(conn: Connection, before: Collection[Part], after: Collection[Part]) -> None:
    """Parts of the standing basis were written anew without what no decision can miss: the new ones stand in.

    To be called in the transaction that retires the ones and adds the others. Where some of `before` came
    after the basis nothing is noted, and the next run looks at all of these rows again.
    """
    basis = standing_basis(conn)
    old, new = ({part.part_id for part in parts if part.stage in STAGES} for parts in (before, after))
    if basis is not None and basis.parts >= old:
        parts = sorted(basis.parts - old | new)
        own = DECIDE_BASES.c.run_id == basis.run_id
        conn.execute(update(DECIDE_BASES).where(own).values(parts=parts))


def parts_by_id(conn: Connection, part_ids: Collection[str]) -> Iterator[Part]:
    """Parts whether they count or not."""
    columns = [PARTS.c[name] for name in Part.__dataclass_fields__]
    for some in chunks(sorted(part_ids)):
        for row in conn.execute(select(*columns).where(PARTS.c.part_id.in_(some))):
            yield Part(**row._asdict())
