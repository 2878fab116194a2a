"""Corroboration (POLICY 2): two first-hand deaths of different departments, neither resting on the other.

A certificate may be derived from another, which is derived from a third: chains are followed over eight
certificates, by joining twice-as-long steps three times, since Spark's and Ibis' SQL know no recursion.
"""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, literal
from gateway.decide.people import is_death
from gateway.policy import Policy

_DOUBLINGS: Final = 3


def corroborated(evidence: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """The persons whose death is corroborated."""
    deaths = evidence.filter(is_death(evidence))
    first_hand = _numbered(_first_hand(deaths, policy, as_of))
    origins = _origins(first_hand, _steps(deaths))
    pairs = _pairs(first_hand)
    return pairs.anti_join(_sharing(origins), ["person", "one", "other"]).select("person").distinct()


def _first_hand(deaths: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    return deaths.filter(
        (deaths.identity == "match")
        & among(deaths.basis, policy.death.first_hand.value)
        & (ibis.coalesce(deaths.happened_on, deaths.latest) <= literal(as_of))
    )


def _numbered(deaths: ir.Table) -> ir.Table:
    order = [deaths.dataset, deaths.key_hash, deaths.item]
    number = ibis.row_number().over(group_by=deaths.person, order_by=order)
    return deaths.select("person", "department", "certificate", "derived_from", number=number)


def _pairs(deaths: ir.Table) -> ir.Table:
    one = deaths.select("person", "department", one=deaths.number)
    other = deaths.select("person", its_department=deaths.department, other=deaths.number)
    joined = one.join(other, "person")
    return joined.filter(joined.department < joined.its_department).select("person", "one", "other")


def _steps(deaths: ir.Table) -> ir.Table:
    """From each certificate to all it rests on."""
    known = deaths.filter(deaths.certificate.notnull() & deaths.derived_from.notnull())
    steps = known.select("person", start=known.certificate, end=known.derived_from).distinct()
    for _ in range(_DOUBLINGS):
        steps = ibis.union(steps, _followed(steps), distinct=True)
    return steps


def _followed(steps: ir.Table) -> ir.Table:
    onward = steps.select("person", end=steps.start, beyond=steps.end)
    joined = steps.join(onward, ["person", "end"])
    return joined.select("person", "start", end=joined.beyond)


def _origins(deaths: ir.Table, steps: ir.Table) -> ir.Table:
    """Every certificate that a death is or rests on, however far back."""
    own = ibis.union(
        deaths.select("person", "number", start=deaths.certificate),
        deaths.select("person", "number", start=deaths.derived_from),
    )
    own = own.filter(own.start.notnull())
    further = own.join(steps, ["person", "start"]).select("person", "number", start=steps.end)
    return ibis.union(own, further, distinct=True)


def _sharing(origins: ir.Table) -> ir.Table:
    one = origins.select("person", "start", one=origins.number)
    other = origins.select("person", "start", other=origins.number)
    return one.join(other, ["person", "start"]).select("person", "one", "other").distinct()
