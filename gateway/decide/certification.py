"""Rule 5: which certification a benefit has, and whether a new one is announced.

What stands is the last run's value, moved silently by a newer certification of the roster, and aloud by a
person's verification. Evidence of life replaces it when the change is worth telling. Only a withdrawal
moves it back, at once, for what was withdrawn stops counting. A held or uncompared benefit is not renewed
from evidence; the roster's certification always counts, and a verification also where nothing was compared.

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
    """Add `roster_on`, `verified_on`, `life_on`: the days that may certify; missing without a cycle.

    `agency_on` is the newest on which the agency itself looked: it certified, by the roster or by a person,
    or granted the benefit.
    """
    has_cycle = among(table.benefit, [code for code, entry in policy.benefits.items() if entry.cycle_months])
    echo = filled(table.was_announced_on, "date").contains(table.last_certified_on) & ~among(
        table.last_method, policy.channels.methods.value
    )
    own = ibis.ifelse(surely(echo), table.was_roster_certified_on, table.last_certified_on)
    days = {"roster_on": own, "verified_on": table.ledger_verified_on, "life_on": table.certifying_on}
    table = table.mutate(has_cycle=has_cycle, **days)
    come = {name: surely(table.has_cycle & (table[name] <= literal(as_of))) for name in days}
    table = table.mutate(**{name: ibis.ifelse(come[name], table[name], ibis.null("date")) for name in days})
    granted_on = ibis.ifelse(surely(table.started_on <= literal(as_of)), table.started_on, ibis.null("date"))
    return table.mutate(agency_on=newest(table.roster_on, table.verified_on, granted_on))


def certify(table: ir.Table, policy: Policy, as_of: date, *, uncompared: bool) -> ir.Table:
    """Add the columns of a certification, `renewed`, `withdrawn`, `verified`, `awaits_renewal`.

    `table` has `held` and `finding`.
    """
    benefit, county = table.benefit, table.insured_county
    table = table.mutate(
        frozen=table.held | ibis.literal(uncompared),
        roster_until=valid_until(policy, benefit, county, table.roster_on),
        verified_until=valid_until(policy, benefit, county, table.verified_on),
        life_until=valid_until(policy, benefit, county, table.life_on),
    )
    table = _taken_back(_carried(table), as_of)
    table = _moved_by_roster(table)
    table = _moved_by_verification(table)
    table = _renewed(table, policy, as_of)
    return _awaiting(table, as_of)


def _carried(table: ir.Table) -> ir.Table:
    first = table.was_decision.isnull()
    by = ibis.ifelse(table.roster_on.notnull(), "roster", ibis.null("string"))
    return table.mutate(
        certified_on=ibis.ifelse(first, table.roster_on, table.was_certified_on),
        certified_by=ibis.ifelse(first, by, table.was_certified_by),
        valid_until=ibis.ifelse(first, table.roster_until, table.was_valid_until),
    )


def _taken_back(table: ir.Table, as_of: date) -> ir.Table:
    """A day that nothing live reaches is given back; one after the as-of date cannot be judged."""
    live_on = newest(table.roster_on, table.verified_on, table.life_on)
    unsupported = surely(table.certified_on <= literal(as_of)) & ~surely(live_on >= table.certified_on)
    back = unsupported
    by_roster, by_person = surely(table.roster_on == live_on), surely(table.verified_on == live_on)
    source = ibis.cases(
        (by_roster, "roster"),
        (by_person, "verification"),
        (live_on.notnull(), "evidence"),
        else_=ibis.null("string"),
    )
    restored_until = ibis.cases(
        (by_roster, table.roster_until), (by_person, table.verified_until), else_=table.life_until
    )
    return table.mutate(
        withdrawn=back & surely(table.certified_by == "evidence"),
        given_back=back,
        certified_on=ibis.ifelse(back, live_on, table.certified_on),
        certified_by=ibis.ifelse(back, source, table.certified_by),
        valid_until=ibis.ifelse(back, restored_until, table.valid_until),
    )


def _moved_by_roster(table: ir.Table) -> ir.Table:
    """A hold stops what is silent; what another channel certified has happened and counts."""
    later = _is_later(table.roster_on, table.roster_until, table)
    return _moved(table.mutate(by_roster=later), "by_roster", "roster", "roster")


def _moved_by_verification(table: ir.Table) -> ir.Table:
    """What a person found is worth telling, compared or not, unless another cause still stands against it."""
    later = _is_later(table.verified_on, table.verified_until, table)
    free = ~table.held & table.finding.isnull()
    return _moved(table.mutate(verified=free & later), "verified", "verification", "verified")


def _is_later(day: ir.DateColumn, until: ir.DateColumn, table: ir.Table) -> ir.BooleanColumn:
    """Newer, and valid longer too: a cycle that became shorter never shortens what was given."""
    nothing_yet = table.certified_on.isnull() & day.notnull()
    return nothing_yet | surely((day > table.certified_on) & (until > table.valid_until))


def _moved(table: ir.Table, flag: str, by: str, source: str) -> ir.Table:
    """The certification of a source (`<source>_on`, `<source>_until`) where the flag is set."""
    moves = table[flag]
    return table.mutate(
        certified_on=ibis.ifelse(moves, table[f"{source}_on"], table.certified_on),
        certified_by=ibis.ifelse(moves, by, table.certified_by),
        valid_until=ibis.ifelse(moves, table[f"{source}_until"], table.valid_until),
    )


def _renewed(table: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    rules = policy.certification
    until = literal(as_of)
    extends = days_later(table.valid_until, rules.min_extension_days.value) <= table.life_until
    is_due = table.valid_until <= days_later(until, rules.renew_when_due_within_days.value)
    worth_telling = table.certified_on.isnull() | surely(extends) | surely(is_due)
    free = ~table.frozen & ~table.given_back & table.finding.isnull()
    table = table.mutate(renewed=free & worth_telling & _certifies_further(table, as_of))
    table = _moved(table, "renewed", "evidence", "life")
    told = table.renewed | table.verified | (table.withdrawn & ~surely(table.certified_by == "roster"))
    return table.mutate(
        roster_certified_on=table.roster_on,
        announced_on=_with_day(filled(table.was_announced_on, "date"), told, table.certified_on),
    )


def _certifies_further(table: ir.Table, as_of: date) -> ir.BooleanColumn:
    return certifies_longer(table) & surely(table.life_until >= literal(as_of))


def certifies_longer(table: ir.Table) -> ir.BooleanColumn:
    """Whether the evidence is newer than the certification, and would make it last longer."""
    return _is_later(table.life_on, table.life_until, table)


def _with_day(days: ir.ArrayColumn, added: ir.BooleanColumn, day: ir.DateColumn) -> ir.ArrayColumn:
    return ibis.ifelse(added & day.notnull(), days.union(ibis.array([day])).sort(), days)


def _awaiting(table: ir.Table, as_of: date) -> ir.Table:
    """Add `awaits_renewal`: it would be certified further, were everything compared."""
    return table.mutate(awaits_renewal=~table.held & _certifies_further(table, as_of))
