"""Which notice of POLICY 5 is due to be sent: once per cycle and threshold, the tightest threshold only.

What was told is kept as `notice_days` (the threshold; 0 is overdue) and `notice_for` (the valid-until it
spoke of): another valid-until is another cycle, of which nothing was told yet.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.compared import Gaps
from gateway.decide.days import among, days_later, literal, surely, valid_until
from gateway.policy import Policy


def with_notices(table: ir.Table, policy: Policy, as_of: date, gaps: Gaps) -> ir.Table:
    """Add `due`, `overdue` (to be sent now), `notice_days` and `notice_for` to decided benefits."""
    table = _told_before(table)
    asked = table.has_cycle & _is_paid(table, policy) & table.finding.isnull()
    threshold = _threshold(table, policy, as_of)
    due = asked & threshold.notnull() & ~surely(table.told_days <= threshold) & ~table.awaits_renewal
    table = table.mutate(due=due, threshold=threshold, overdue=_overdue(table, asked, policy, as_of, gaps))
    sent = table.due | table.overdue
    return table.mutate(
        notice_days=ibis.cases(
            (table.due, table.threshold), (table.overdue, ibis.literal(0)), else_=table.told_days
        ).cast("int16"),
        notice_for=ibis.cases((sent, table.valid_until), else_=table.told_for),
    )


def _told_before(table: ir.Table) -> ir.Table:
    same_cycle = table.was_notice_days.notnull() & table.was_notice_for.identical_to(table.valid_until)
    return table.mutate(
        told_days=ibis.ifelse(same_cycle, table.was_notice_days, ibis.null("int16")),
        told_for=ibis.ifelse(same_cycle, table.was_notice_for, ibis.null("date")),
    )


def _is_paid(table: ir.Table, policy: Policy) -> ir.BooleanColumn:
    return table.payment_status.isnull() | among(table.payment_status, policy.notices.payment_statuses.value)


def _threshold(table: ir.Table, policy: Policy, as_of: date) -> ir.IntegerColumn:
    """The tightest threshold that valid-until lies within; missing before all of them and afterwards."""
    until = literal(as_of)
    branches = [
        (surely(table.valid_until <= days_later(until, days)), days)
        for days in sorted(policy.notices.due_within_days.value)
    ]
    past = (~surely(table.valid_until >= until), ibis.null("int16"))
    return ibis.cases(past, *branches, else_=ibis.null("int16"))


def _overdue(
    table: ir.Table, asked: ir.BooleanColumn, policy: Policy, as_of: date, gaps: Gaps
) -> ir.BooleanColumn:
    """Ran out, or never certified and one whole cycle on the roster; never while a source is missing."""
    first_until = valid_until(policy, table.benefit, table.insured_county, table.first_seen_on)
    ran_out = surely(ibis.coalesce(table.valid_until, first_until) < literal(as_of))
    everything_compared = ibis.literal(not (gaps.uncompared or gaps.of_life))
    return asked & everything_compared & ran_out & ~surely(table.told_days == 0)
