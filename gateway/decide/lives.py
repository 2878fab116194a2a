"""What is known of each life: a person's evidence, less the rows a person at the agency found harmless.

All benefits of a person share one life. A benefit whose entry in the ledger was closed as eligible no longer
sees the rows that were looked at then, so it has a life of its own, with a number below zero.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among
from gateway.decide.people import ELSEWHERE, VOIDED, is_life, is_telling
from gateway.policy import Policy

_COLUMNS: Final = (
    "person", "department", "dataset", "key_hash", "item", "content", "kind", "basis", "polarity", "strength",
    "identity", "happened_on", "earliest", "latest", "began_on", "ends_on", "released_on", "released_to",
    "certificate", "derived_from",
)  # fmt: skip
_ON_ROSTER: Final = {
    "department": "roster",
    "dataset": "roster",
    "item": 0,
    "kind": ELSEWHERE,
    "polarity": "of_life",
    "strength": "strong",
    "identity": "match",
    "content": 0,
}


def with_life(roster: ir.Table, ledger: ir.Table) -> ir.Table:
    """The roster with `life`: the person's number, or a benefit's own."""
    own = _own_lives(ledger).select("benefit_id", "own_life")
    table = roster.left_join(own, "benefit_id", rname="{name}_of_own")
    table = table.mutate(life=ibis.coalesce(table.own_life, table.person))
    # by name what is kept: what is dropped stands in no order, and the same rules would have another hash
    return table.select(*roster.columns, "life")


def telling(evidence: ir.Table, roster: ir.Table, ledger: ir.Table, policy: Policy) -> ir.Table:
    """The few rows that may speak against somebody, and all about people who have a life of their own."""
    looked_at = roster.semi_join(_own_lives(ledger), "benefit_id")
    return evidence.filter(is_telling(evidence, policy) | evidence.person.isin(looked_at.person))


def told_by_life(told: ir.Table, roster: ir.Table, ledger: ir.Table, policy: Policy) -> ir.Table:
    """The rows that may speak against somebody, with `life`; a silenced row is missing from its life.

    `told` is what `telling` gives.
    """
    rows = told.filter(is_telling(told, policy)).select(_COLUMNS)
    return _by_life(rows, rows, roster, ledger)


def seen_by_life(
    evidence: ir.Table, told: ir.Table, roster: ir.Table, ledger: ir.Table, policy: Policy
) -> ir.Table:
    """The evidence of life that may certify and the roster's certifications, with `life`; as above.

    The many rows are read once: what own lives see is looked for among the few.
    """
    everybody, few = (_seen(rows, roster, policy) for rows in (evidence, told))
    return _by_life(everybody, few, roster, ledger)


def may_certify(evidence: ir.Table, policy: Policy) -> ir.BooleanColumn:
    """Strong evidence of life, and the weak where pairs of it certify."""
    strong = is_life(evidence, policy)
    by_pairs = policy.certification.weak_pairs_certify.value
    return strong | is_life(evidence, policy, "weak") if by_pairs else strong


def _seen(rows: ir.Table, roster: ir.Table, policy: Policy) -> ir.Table:
    seen = rows.filter(may_certify(rows, policy)).select(_COLUMNS)
    return ibis.union(seen, _certified_on_roster(roster, policy, seen.schema()))


def _by_life(known: ir.Table, looked_at: ir.Table, roster: ir.Table, ledger: ir.Table) -> ir.Table:
    """`looked_at` has all rows of `known` about people of whom a benefit has a life of its own."""
    owners = roster.select("person", "benefit_id").join(_own_lives(ledger), "benefit_id").drop("benefit_id")
    own = looked_at.join(owners, "person")
    own = own.filter(~own.silenced.contains(own.content) | (own.kind == VOIDED))
    shared = known.mutate(life=known.person)
    return ibis.union(shared, own.rename(life="own_life").drop("silenced").select(shared.columns))


def _own_lives(ledger: ir.Table) -> ir.Table:
    silencing = ledger.filter(ledger.silenced.length() > 0)
    number = ibis.row_number().over(order_by=silencing.benefit_id)
    return silencing.select("benefit_id", "silenced", own_life=-1 - number)


def _certified_on_roster(roster: ir.Table, policy: Policy, types: ibis.Schema) -> ir.Table:
    """Certifications through another channel that the roster tells of (三)(四), as rows of evidence."""
    rows = roster.filter(among(roster.last_method, policy.channels.methods.value))
    rows = rows.filter(rows.last_certified_on.notnull())
    columns = {"person": rows.person, "basis": rows.last_method, "happened_on": rows.last_certified_on}
    told = {name: ibis.literal(_ON_ROSTER.get(name), type=types[name]) for name in _COLUMNS}
    return rows.select(**(told | columns))
