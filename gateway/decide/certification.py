"""Rule 5: which certification a benefit has, and whether a new one is announced.

What stands is the last run's value, moved silently by a newer certification of the roster. Strong evidence
of life replaces it when the change is worth telling. Only a withdrawal moves it back. A held or uncompared
benefit keeps what it had.

The roster may repeat a renewal that we announced ourselves. Such a day is no certification of its own:
else evidence that is withdrawn later would go on certifying through its own echo. A day counts as our echo
when we announced it and the roster names no channel of its own as the method.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, days_later, filled, literal, newest, surely, valid_until
from gateway.policy import Policy


def with_days(table: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Add `roster_on` and `life_on`: the days that may certify; missing where there is no cycle."""
    has_cycle = among(table.benefit, [code for code, entry in policy.benefits.items() if entry.cycle_months])
    until = literal(as_of)
    echo = filled(table.was_announced_on, "date").contains(table.last_certified_on) & ~among(
        table.last_method, policy.channels.methods.value
    )
    own = ibis.ifelse(surely(echo), table.was_roster_certified_on, table.last_certified_on)
    return table.mutate(
        roster_on=ibis.ifelse(has_cycle & (own <= until), own, ibis.null("date")),
        life_on=ibis.ifelse(has_cycle, table.strong_on, ibis.null("date")),
    )


def certify(table: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Add `certified_on`, `certified_by`, `valid_until`, `renewed`, `withdrawn` to a table with `frozen`."""
    table = table.mutate(
        roster_until=valid_until(policy, table.benefit, table.insured_county, table.roster_on),
        life_until=valid_until(policy, table.benefit, table.insured_county, table.life_on),
    )
    table = _taken_back(_carried(table), as_of)
    table = _moved_by_roster(table)
    return _renewed(table, policy, as_of)


def _carried(table: ir.Table) -> ir.Table:
    first = table.was_decision.isnull()
    by = ibis.ifelse(table.roster_on.notnull(), "roster", ibis.null("string"))
    return table.mutate(
        kept_on=ibis.ifelse(first, table.roster_on, table.was_certified_on),
        kept_by=ibis.ifelse(first, by, table.was_certified_by),
        kept_until=ibis.ifelse(first, table.roster_until, table.was_valid_until),
    )


def _taken_back(table: ir.Table, as_of: date) -> ir.Table:
    """A day that nothing live reaches is given back; one after the as-of date cannot be judged."""
    live_on = newest(table.roster_on, table.life_on)
    unsupported = surely(table.kept_on <= literal(as_of)) & ~surely(live_on >= table.kept_on)
    back = ~table.frozen & unsupported
    by_roster = surely(table.roster_on == live_on)
    source = ibis.cases((by_roster, "roster"), (live_on.notnull(), "evidence"), else_=ibis.null("string"))
    restored_until = ibis.ifelse(by_roster, table.roster_until, table.life_until)
    return table.mutate(
        withdrawn=back & surely(table.kept_by == "evidence"),
        given_back=back,
        kept_on=ibis.ifelse(back, live_on, table.kept_on),
        kept_by=ibis.ifelse(back, source, table.kept_by),
        kept_until=ibis.ifelse(back, restored_until, table.kept_until),
    )


def _moved_by_roster(table: ir.Table) -> ir.Table:
    later = _is_later(table.roster_on, table.roster_until, table)
    moved = ~table.frozen & ~table.given_back & later
    return table.mutate(
        kept_on=ibis.ifelse(moved, table.roster_on, table.kept_on),
        kept_by=ibis.ifelse(moved, "roster", table.kept_by),
        kept_until=ibis.ifelse(moved, table.roster_until, table.kept_until),
    )


def _is_later(day: ir.DateColumn, until: ir.DateColumn, table: ir.Table) -> ir.BooleanColumn:
    """Newer, and valid longer too: a cycle that became shorter never shortens what was given."""
    nothing_yet = table.kept_on.isnull() & day.notnull()
    return nothing_yet | surely((day > table.kept_on) & (until > table.kept_until))


def _renewed(table: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    rules = policy.certification
    until = literal(as_of)
    extends = days_later(table.kept_until, rules.min_extension_days.value) <= table.life_until
    is_due = table.kept_until <= days_later(until, rules.renew_when_due_within_days.value)
    worth_telling = table.kept_on.isnull() | surely(extends) | surely(is_due)
    later = _is_later(table.life_on, table.life_until, table) & surely(table.life_until >= until)
    renewed = ~table.frozen & ~table.given_back & later & worth_telling
    certified_on = ibis.ifelse(renewed, table.life_on, table.kept_on)
    certified_by = ibis.ifelse(renewed, "evidence", table.kept_by)
    told = renewed | (table.withdrawn & surely(certified_by == "evidence"))
    return table.mutate(
        renewed=renewed,
        certified_on=certified_on,
        certified_by=certified_by,
        valid_until=ibis.ifelse(renewed, table.life_until, table.kept_until),
        roster_certified_on=table.roster_on,
        announced_on=_with_day(filled(table.was_announced_on, "date"), told, certified_on),
    )


def _with_day(days: ir.ArrayColumn, added: ir.BooleanColumn, day: ir.DateColumn) -> ir.ArrayColumn:
    return ibis.ifelse(added, days.union(ibis.array([day])).sort(), days)
