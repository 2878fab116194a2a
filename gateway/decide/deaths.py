"""Where the deaths of a life come from (POLICY 2): which corroborate each other, which rest on nothing now.

Two first-hand deaths of different departments corroborate, unless they share a certificate or one rests on
the other's. A death that rests on a voided certificate still counts, and corroborates nothing.

A certificate may be derived from another, which is derived from a third: chains are followed over 32
certificates, by joining twice-as-long steps five times, since Spark's and Ibis' SQL know no recursion.
"""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, literal
from gateway.decide.people import COUNTED, VOIDED, is_death
from gateway.policy import Policy

_DOUBLINGS: Final = 5


def death_origins(evidence: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """One row a life with a death that is `corroborated` or `rests_on_voided`, or both."""
    deaths = evidence.filter(is_death(evidence))
    counted = _numbered(_counted(deaths, as_of))
    origins = _origins(counted, _steps(deaths))
    voided = evidence.filter(evidence.kind == VOIDED)
    voided = voided.select("life", start=voided.certificate).distinct()
    resting = origins.join(voided, ["life", "start"]).select("life", "number").distinct()
    pairs = _pairs(_first_hand(counted, policy).anti_join(resting, ["life", "number"]))
    sure = pairs.anti_join(_sharing(origins), ["life", "one", "other"])
    found = ibis.union(
        sure.select("life", corroborated=ibis.literal(True), rests_on_voided=ibis.literal(False)),
        resting.select("life", corroborated=ibis.literal(False), rests_on_voided=ibis.literal(True)),
    )
    grouped: ir.Table = found.group_by("life").agg(
        corroborated=found.corroborated.any(), rests_on_voided=found.rests_on_voided.any()
    )
    return grouped


def _counted(deaths: ir.Table, as_of: date) -> ir.Table:
    day = ibis.coalesce(deaths.happened_on, deaths.latest)
    return deaths.filter(among(deaths.identity, COUNTED) & (day <= literal(as_of)))


def _numbered(deaths: ir.Table) -> ir.Table:
    order = [deaths.dataset, deaths.key_hash, deaths.item]
    number = ibis.row_number().over(group_by=deaths.life, order_by=order)
    return deaths.select(
        "life", "department", "basis", "identity", "certificate", "derived_from", number=number
    )


def _first_hand(deaths: ir.Table, policy: Policy) -> ir.Table:
    sure = (deaths.identity == "match") & among(deaths.basis, policy.death.first_hand.value)
    return deaths.filter(sure).select("life", "number", "department")


def _pairs(deaths: ir.Table) -> ir.Table:
    one = deaths.select("life", "department", one=deaths.number)
    other = deaths.select("life", its_department=deaths.department, other=deaths.number)
    joined = one.join(other, "life")
    return joined.filter(joined.department < joined.its_department).select("life", "one", "other")


def _steps(deaths: ir.Table) -> ir.Table:
    """From each certificate to all it rests on."""
    known = deaths.filter(deaths.certificate.notnull() & deaths.derived_from.notnull())
    steps = known.select("life", start=known.certificate, end=known.derived_from).distinct()
    for _ in range(_DOUBLINGS):
        steps = ibis.union(steps, _followed(steps), distinct=True)
    return steps


def _followed(steps: ir.Table) -> ir.Table:
    onward = steps.select("life", end=steps.start, beyond=steps.end)
    joined = steps.join(onward, ["life", "end"])
    return joined.select("life", "start", end=joined.beyond)


def _origins(deaths: ir.Table, steps: ir.Table) -> ir.Table:
    """Every certificate that a death is or rests on, however far back."""
    own = ibis.union(
        deaths.select("life", "number", start=deaths.certificate),
        deaths.select("life", "number", start=deaths.derived_from),
    )
    own = own.filter(own.start.notnull())
    further = own.join(steps, ["life", "start"]).select("life", "number", start=steps.end)
    return ibis.union(own, further, distinct=True)


def _sharing(origins: ir.Table) -> ir.Table:
    one = origins.select("life", "start", one=origins.number)
    other = origins.select("life", "start", other=origins.number)
    return one.join(other, ["life", "start"]).select("life", "one", "other").distinct()
