"""Which facts of a life touch a benefit (POLICY 2), and what each cause comes to (POLICY 3.1 to 3.4).

Every cause is decided by itself and adds `<reason>_found` and `<reason>_refuted` (strong evidence of life
speaks against it: a conflict) where it is a ground, and `<cause>_live` where it is one or at least holds.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.custody import BASES
from gateway.decide.days import among, days_later, literal, surely
from gateway.policy import Effect, GroundName, Policy

OTHERS: tuple[GroundName, ...] = ("remarriage", "enlisted", "emigration", "also_pension")
"""Grounds after custody, in the order in which they are taken."""


def pensions(roster: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Per person the newest day on which the roster first had a pension that they draw.

    Asked only of those who have a benefit that a pension touches: few.
    """
    asked = roster.filter(touches(roster, policy, "also_pension")).select("person").distinct()
    rules = policy.also_pension
    drawn = roster.payment_status.isnull() | among(roster.payment_status, rules.payment_statuses.value)
    later = surely(roster.started_on > literal(as_of))
    rows = roster.filter(among(roster.benefit, rules.pensions.value) & drawn & ~later)
    rows = rows.semi_join(asked, "person")
    grouped: ir.Table = rows.group_by("person").agg(pension_seen_on=rows.first_seen_on.max())
    return grouped


def with_causes(table: ir.Table, policy: Policy) -> ir.Table:
    """Add what every cause comes to for each benefit; `table` has the facts of its life beside it."""
    table = _others(_custody(_absence(_death(table, policy), policy), policy), policy)
    return table.mutate(identity_doubt_live=_doubt(table, policy))


def _death(table: ir.Table, policy: Policy) -> ir.Table:
    """Refuted: seen alive more than the days of grace after the latest day the death can have."""
    disputed = surely(table.death_not_before > table.death_first)
    latest = ibis.ifelse(disputed, table.death_last, table.death_first)
    table = table.mutate(disputed=disputed, death_limit=days_later(latest, policy.death.grace_days.value))
    died = surely(table.died)
    refuted = surely(table.strong_on > table.death_limit)
    suspects = died & has_effect(table, policy, "death", "yes")
    return table.mutate(
        death_live=died & touches(table, policy, "death"),
        death_found=suspects & ~refuted,
        death_refuted=suspects & refuted,
    )


def _absence(table: ir.Table, policy: Policy) -> ir.Table:
    absent = _is_absent(table.absent_on, table)
    return table.mutate(
        absence_live=absent & touches(table, policy, "absence"),
        absence_found=absent & has_effect(table, policy, "absence", "yes"),
    )


def _is_absent(declared_on: ir.DateColumn, table: ir.Table) -> ir.BooleanColumn:
    return declared_on.notnull() & ~surely(table.strong_on > declared_on)


def _custody(table: ir.Table, policy: Policy) -> ir.Table:
    found: dict[str, ir.Value] = {}
    live, lasting = ibis.literal(False), ibis.literal(False)
    for basis in BASES:
        suspects = has_effect(table, policy, basis, "yes")
        refuted = surely(table[f"contradicted_{basis}"])
        found[f"{basis}_open"] = suspects & surely(table[f"open_{basis}"])
        found[f"{basis}_found"] = suspects & _is_inside(table, "", basis)
        found[f"{basis}_refuted"] = suspects & refuted
        touched = touches(table, policy, basis)
        live = live | (touched & (_is_inside(table, "", basis) | refuted))
        lasting = lasting | (touched & (surely(table[f"open_{basis}"]) | refuted))
    return table.mutate(custody_live=live, release_unconfirmed=live & ~lasting, **found)


def _is_inside(table: ir.Table, prefix: str, basis: str) -> ir.BooleanColumn:
    """Open, or past its planned end with nothing known since: no release, no certification."""
    planned_end = table[f"{prefix}unconfirmed_{basis}"]
    unconfirmed = planned_end.notnull() & ~surely(planned_end <= table.agency_on)
    return surely(table[f"{prefix}open_{basis}"]) | unconfirmed


def _others(table: ir.Table, policy: Policy) -> ir.Table:
    facts: dict[GroundName, ir.BooleanValue] = {
        "remarriage": table.spouse_survivor & surely(table.married_on > table.started_on),
        "enlisted": surely(table.enlisted),
        "emigration": surely(table.abroad),
        "also_pension": table.pension_seen_on.notnull()
        & ~surely(table.pension_seen_on <= table.ledger_pension_silenced_on),
    }
    live = {f"{name}_live": fact & touches(table, policy, name) for name, fact in facts.items()}
    found = {f"{name}_found": fact & has_effect(table, policy, name, "yes") for name, fact in facts.items()}
    return table.mutate(**live, **found)


def _doubt(table: ir.Table, policy: Policy) -> ir.BooleanColumn:
    """Adverse evidence whose name differs, that would touch this benefit if it were about this person."""
    doubted = surely(table.death_doubted) & touches(table, policy, "death")
    absent = _is_absent(table.doubted_absent_on, table)
    doubted = doubted | (absent & touches(table, policy, "absence"))
    for basis in BASES:
        inside = _is_inside(table, "doubted_", basis) | surely(table[f"doubted_contradicted_{basis}"])
        doubted = doubted | (inside & touches(table, policy, basis))
    return doubted


def has_effect(table: ir.Table, policy: Policy, ground: GroundName, effect: Effect) -> ir.BooleanColumn:
    """Whether a ground has this effect on the benefit."""
    return among(table.benefit, policy.benefits_with(ground, effect))


def touches(table: ir.Table, policy: Policy, ground: GroundName) -> ir.BooleanColumn:
    """Whether a ground suspects the benefit or at least holds it."""
    return has_effect(table, policy, ground, "yes") | has_effect(table, policy, ground, "hold_only")
