"""The rules as one relational expression over evidence, roster, ledger and last decisions, from the policy.

Each cause is decided by itself (`grounds`), the benefit takes the first (`taken`), certification and notices
follow. Where a dataset that must be compared is not (rule 0), a benefit without a finding is `uncompared` and
keeps what it had. Pure: no clock, no I/O.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.certification import certify, with_days
from gateway.decide.columns import BESIDE, COMPARED, DECIDED, EVENT_IDS, LEDGER, MOVING, NEWS
from gateway.decide.compared import Gaps
from gateway.decide.custody import custody_by_life
from gateway.decide.days import filled, literal, surely
from gateway.decide.deaths import death_origins
from gateway.decide.grounds import pensions, with_causes
from gateway.decide.lives import may_certify, seen_by_life, told_by_life, with_life
from gateway.decide.notices import with_notices
from gateway.decide.passing import with_next_day
from gateway.decide.people import alive_by_life, is_telling, told_of_life
from gateway.decide.taken import with_contradiction, with_finding, with_holds
from gateway.policy import Policy


def mattering(evidence: ir.Table, policy: Policy) -> ir.Table:
    """The `person` of each row that can change any decision."""
    return evidence.filter(is_telling(evidence, policy) | may_certify(evidence, policy)).select("person")


def decide(  # noqa: PLR0913, PLR0917 - the tables that decisions are made from, in the order of the rules
    evidence: ir.Table,
    told: ir.Table,
    roster: ir.Table,
    last: ir.Table,
    ledger: ir.Table,
    policy: Policy,
    as_of: date,
    gaps: Gaps,
) -> ir.Table:
    """One row for every benefit on the roster: the columns of DECIDED and of BESIDE.

    `evidence` is live and about persons on the roster (EVIDENCE), `told` what `telling` gives of it, `last`
    the last run's DECIDED, empty on the first, `ledger` what people did (LEDGER). `as_of` is a day in
    Asia/Shanghai, not before the last run's.
    """
    seen = seen_by_life(evidence, told, roster, ledger, policy)
    told = told_by_life(told, roster, ledger, policy)
    table = _beside_last(with_life(roster, ledger), last, ledger)
    table = _with_facts(table, seen, told, policy, as_of)
    table = table.left_join(pensions(roster, policy, as_of), "person", rname="{name}_of_pensions")
    table = with_causes(with_days(table, policy, as_of), policy)
    table = with_holds(with_contradiction(with_finding(table)), policy)
    table = certify(table, policy, as_of, uncompared=bool(gaps.uncompared))
    table = with_next_day(with_notices(table, policy, as_of, gaps), policy, as_of)
    return _compared(_decision(table, as_of, gaps)).select(*DECIDED.names, *BESIDE)


def _beside_last(roster: ir.Table, last: ir.Table, ledger: ir.Table) -> ir.Table:
    before = last.select(**{f"was_{name}": last[name] for name in last.columns})
    entries = ledger.select(**{f"ledger_{name}": ledger[name] for name in LEDGER.names})
    table = roster.left_join(before, roster.benefit_id == before.was_benefit_id)
    return table.left_join(entries, table.benefit_id == entries.ledger_benefit_id)


def _with_facts(table: ir.Table, seen: ir.Table, told: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    alive, ends = alive_by_life(seen, policy, as_of), told_of_life(told, policy, as_of)
    return (
        table.left_join(alive, "life", rname="{name}_of_alive")
        .left_join(ends, "life", rname="{name}_of_told")
        .left_join(death_origins(told, policy, as_of), "life", rname="{name}_of_origins")
        .left_join(custody_by_life(told, alive, ends, policy, as_of), "life", rname="{name}_of_custody")
    )


def _decision(table: ir.Table, as_of: date, gaps: Gaps) -> ir.Table:
    return table.mutate(
        decision=ibis.cases(
            (table.finding.notnull(), table.finding),
            (ibis.literal(bool(gaps.uncompared)), "uncompared"),
            (~table.held & surely(table.valid_until >= literal(as_of)), "certified"),
            else_="uncovered",
        ),
        facts=filled(table.facts, "int64"),
        abroad=surely(table.abroad),
        custody_on=table.ledger_custody_on,
        **{name: table[f"was_{name}"] for name in EVENT_IDS},
    )


def _compared(table: ir.Table) -> ir.Table:
    same = [table[name].identical_to(table[f"was_{name}"]) for name in COMPARED]
    table = table.mutate(changed=~ibis.and_(*same) | ibis.or_(*(table[name] for name in NEWS)))
    kept = [table[name].identical_to(table[f"was_{name}"]) for name in MOVING]
    return table.mutate(stored=table.changed | ~ibis.and_(*kept))
