"""Custody on the as-of date (POLICY 3.4), by life and by basis.

Over: released, or let go by a release or correction check-in of any department after it began. Open: begun,
not over, planned end not passed; contradicted: open, though the person was seen free since. Where only the
planned end has passed, the person may still be inside: such a custody is unconfirmed, and counts for a
benefit whose last certification is older than its planned end.
"""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, literal, surely
from gateway.decide.people import COUNTED, ends_for_good
from gateway.policy import GroundName, Policy

BASES: Final[tuple[GroundName, ...]] = ("detention", "sentence")


def custody_by_life(told: ir.Table, alive: ir.Table, ends: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """One row a life with custody: open_*, contradicted_*, unconfirmed_* (planned end), seen_*; doubted_ too.

    `seen_*` is the first day a contradicted custody began: who was seen free after it contradicts it. `alive`
    and `ends` are `alive_by_life` and `told_of_life`.
    """
    rows = judged_custody(told, alive, ends, policy, as_of)
    counted = among(rows.identity, COUNTED)
    doubted = surely(rows.identity == "doubt")
    grouped: ir.Table = rows.group_by("life").agg(
        **_aggregates(rows, "", counted), **_aggregates(rows, "doubted_", doubted)
    )
    return grouped


def judged_custody(told: ir.Table, alive: ir.Table, ends: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Custody rows begun by the as-of date, each with `open`, `contradicted` and `unconfirmed`."""
    until = literal(as_of)
    begun = told.filter((told.kind == "custody") & (told.began_on <= until))
    rows = begun.left_join(alive.select("life", "strong_on", "free_on"), "life").drop("life_right")
    rows = rows.left_join(ends.select("life", "counted_end_on", "any_end_on"), "life").drop("life_right")
    over = _is_over(rows, policy, until)
    lapsed = surely(rows.ends_on < until)
    lived_after = surely(rows.strong_on > rows.ends_on)
    seen_free = surely(rows.free_on > rows.began_on)
    return rows.mutate(
        open=~over & ~lapsed & ~seen_free,
        contradicted=~over & ~lapsed & seen_free,
        unconfirmed=~over & lapsed & ~lived_after,
    )


def _is_over(rows: ir.Table, policy: Policy, until: ir.DateScalar) -> ir.BooleanColumn:
    own_end = surely(rows.released_on <= until) & ends_for_good(rows, policy)
    end_on = ibis.ifelse(among(rows.identity, COUNTED), rows.counted_end_on, rows.any_end_on)
    return own_end | surely(end_on > rows.began_on)


def _aggregates(rows: ir.Table, prefix: str, whose: ir.BooleanColumn) -> dict[str, ir.Value]:
    found: dict[str, ir.Value] = {}
    for basis in BASES:
        mine = whose & surely(rows.basis == basis)
        found[f"{prefix}open_{basis}"] = (rows.open & mine).any()
        found[f"{prefix}contradicted_{basis}"] = (rows.contradicted & mine).any()
        found[f"{prefix}unconfirmed_{basis}"] = rows.ends_on.max(where=rows.unconfirmed & mine)
        found[f"{prefix}seen_{basis}"] = rows.began_on.min(where=rows.contradicted & mine)
    return found
