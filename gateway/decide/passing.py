"""The next day on which the passing of time alone may change a decision.

Between two runs nothing but the as-of date moves for whoever no new row, roster, ledger or rule touches.
Every comparison of the rules with the as-of date has its day here; before the first of them each comes out as
it did, so the decision is the same. A day too early costs a second look, a missing one would be a wrong
decision: who adds a comparison with the as-of date to the rules adds its day here, and a test decides
generated lives on every day between to see that it was done.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.certification import certifies_longer
from gateway.decide.days import days_later, literal, surely, valid_until
from gateway.policy import Policy

_COME = ("last_certified_on", "started_on", "certified_on", "next_seen_on", "next_told_on")
"""Days that lie ahead and count from then on: of the roster, of the certification, of the evidence."""


def with_next_day(table: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Add `next_on` to decided benefits: after the as-of date; missing where no day changes anything."""
    first_until = valid_until(policy, table.benefit, table.insured_county, table.first_seen_on)
    ends_on = ibis.coalesce(table.valid_until, first_until)
    notices = [days_later(ends_on, -days) for days in policy.notices.due_within_days.value]
    days = [*notices, days_later(ends_on, 1), *_renewals(table, policy), *(table[name] for name in _COME)]
    return table.mutate(next_on=ibis.least(*(_ahead(day, as_of) for day in days)))


def next_of_seen(seen: ir.Table, as_of: date) -> ir.DateScalar:
    """Of evidence of life: the next day on which a row begins to count."""
    return _ahead(seen.happened_on, as_of).min()


def next_of_told(told: ir.Table, as_of: date) -> ir.DateScalar:
    """Of what was told: the next day on which a row begins to count, or a planned end has passed."""
    days = [told[name] for name in ("happened_on", "latest", "began_on", "released_on")]
    return ibis.least(*(_ahead(day, as_of) for day in (*days, days_later(told.ends_on, 1)))).min()


def _renewals(table: ir.Table, policy: Policy) -> list[ir.DateColumn]:
    """When newer evidence is worth telling because the certification ends soon, and when it is too old."""
    waits = certifies_longer(table)
    due_on = days_later(table.valid_until, -policy.certification.renew_when_due_within_days.value)
    return [ibis.ifelse(waits, day, ibis.null("date")) for day in (due_on, days_later(table.life_until, 1))]


def _ahead(day: ir.DateColumn, as_of: date) -> ir.DateColumn:
    return ibis.ifelse(surely(day > literal(as_of)), day, ibis.null("date"))
