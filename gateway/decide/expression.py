"""The rules as one relational expression over evidence, roster and last decisions, generated from policy.

Decisions: `certified`, `suspected`, `uncovered`, `uncompared`. A benefit takes the first of: death suspected,
custody suspected, certified, uncovered; where a dataset that must be compared is not (rule 0), a benefit
without a suspicion is `uncompared` and keeps what it had. Pure: no clock, no I/O.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.certification import certify, with_days
from gateway.decide.columns import BESIDE, COMPARED, DECIDED
from gateway.decide.custody import BASES, custody_by_person
from gateway.decide.days import among, filled, literal, surely, words
from gateway.decide.deaths import corroborated
from gateway.decide.people import by_person
from gateway.policy import Effect, GroundName, Policy

_EVENT_IDS = ("suspicion_event_id", "renewal_event_id", "last_event_id")


def decide(
    evidence: ir.Table,
    roster: ir.Table,
    last: ir.Table,
    policy: Policy,
    as_of: date,
    uncompared: Sequence[str],
) -> ir.Table:
    """One row for every benefit on the roster: the columns of DECIDED and of BESIDE.

    `evidence` is live and about persons on the roster (EVIDENCE), `last` the last run's DECIDED, empty on the
    first. `as_of` is a day in Asia/Shanghai, not before that of the last run.
    """
    table = _joined(evidence, roster, last, policy, as_of)
    table = _grounds(with_days(table, policy, as_of), policy)
    table = _suspicion(table)
    table = _holds(table, uncompared)
    table = certify(table, policy, as_of)
    table = _decision(table, as_of, uncompared)
    return _compared(table).select(*DECIDED.names, *BESIDE)


def _joined(evidence: ir.Table, roster: ir.Table, last: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    people = by_person(evidence, policy, as_of)
    sure = corroborated(evidence, policy, as_of).mutate(corroborated=True)
    custody = custody_by_person(evidence, people, policy, as_of)
    before = last.select(**{f"was_{name}": last[name] for name in last.columns})
    return (
        roster.left_join(before, roster.benefit_id == before.was_benefit_id)
        .left_join(people, "person", rname="{name}_of_people")
        .left_join(sure, "person", rname="{name}_of_sure")
        .left_join(custody, "person", rname="{name}_of_custody")
    )


def _grounds(table: ir.Table, policy: Policy) -> ir.Table:
    """Which facts touch this benefit, and whether they suspect (`_yes`) or only hold (`_hold`)."""
    sentence, detention = (_custody_live(table, "", basis) for basis in reversed(BASES))
    confirmed = [surely(table[f"open_{basis}"]) & _touches(table, policy, basis) for basis in BASES]
    return table.mutate(
        death_yes=surely(table.died) & _has(table, policy, "death", "yes"),
        death_hold=surely(table.died) & _has(table, policy, "death", "hold_only"),
        sentence_yes=sentence & _has(table, policy, "sentence", "yes"),
        detention_yes=detention & _has(table, policy, "detention", "yes"),
        custody_hold=(sentence & _has(table, policy, "sentence", "hold_only"))
        | (detention & _has(table, policy, "detention", "hold_only")),
        custody_open=confirmed[0] | confirmed[1],
        doubt=_doubt(table, policy),
    )


def _custody_live(table: ir.Table, prefix: str, basis: str) -> ir.BooleanColumn:
    planned_end = table[f"{prefix}unconfirmed_{basis}"]
    unconfirmed = planned_end.notnull() & ~surely(planned_end <= table.roster_on)
    return surely(table[f"{prefix}open_{basis}"]) | unconfirmed


def _doubt(table: ir.Table, policy: Policy) -> ir.BooleanColumn:
    death = surely(table.death_doubted) & _touches(table, policy, "death")
    custody = [_custody_live(table, "doubted_", basis) & _touches(table, policy, basis) for basis in BASES]
    return death | custody[0] | custody[1]


def _has(table: ir.Table, policy: Policy, ground: GroundName, effect: Effect) -> ir.BooleanColumn:
    return among(table.benefit, policy.benefits_with(ground, effect))


def _touches(table: ir.Table, policy: Policy, ground: GroundName) -> ir.BooleanColumn:
    return _has(table, policy, ground, "yes") | _has(table, policy, ground, "hold_only")


def _suspicion(table: ir.Table) -> ir.Table:
    """The first suspected cause: its reason and confidence; the others stay in `causes`."""
    custody_yes = table.sentence_yes | table.detention_yes
    custody = custody_yes | table.custody_hold
    sure = ibis.ifelse(surely(table.corroborated), "corroborated", "single_source")
    disputed = table.death_yes & surely(table.death_not_before > table.death_first)
    return table.mutate(
        suspected=table.death_yes | custody_yes,
        reason=ibis.cases(
            (table.death_yes, "death"),
            (table.sentence_yes, "sentence"),
            (table.detention_yes, "detention"),
            else_=ibis.null("string"),
        ),
        confidence=ibis.cases(
            (table.death_yes, sure), (custody_yes, "single_source"), else_=ibis.null("string")
        ),
        causes=words(
            ("death", table.death_yes | table.death_hold),
            ("custody", custody),
            ("identity_doubt", table.doubt),
        ),
        release_unconfirmed=custody & ~table.custody_open,
        disputed_from=ibis.ifelse(disputed, table.death_first, ibis.null("date")),
        disputed_until=ibis.ifelse(disputed, table.death_last, ibis.null("date")),
    )


def _holds(table: ir.Table, uncompared: Sequence[str]) -> ir.Table:
    """Every live cause holds, and goes on holding when it ends: a person closes it, not the data."""
    holds = filled(table.was_holds, "string").union(table.causes).sort()
    frozen = (holds.length() > 0) | ibis.literal(bool(uncompared))
    return table.mutate(holds=holds, frozen=frozen)


def _decision(table: ir.Table, as_of: date, uncompared: Sequence[str]) -> ir.Table:
    held = table.holds.length() > 0
    return table.mutate(
        decision=ibis.cases(
            (table.suspected, "suspected"),
            (ibis.literal(bool(uncompared)), "uncompared"),
            (~held & surely(table.valid_until >= literal(as_of)), "certified"),
            else_="uncovered",
        ),
        facts=filled(table.facts, "int64"),
        abroad=surely(table.abroad),
        **{name: table[f"was_{name}"] for name in _EVENT_IDS},
    )


def _compared(table: ir.Table) -> ir.Table:
    same = [table[name].identical_to(table[f"was_{name}"]) for name in COMPARED]
    return table.mutate(changed=~ibis.and_(*same))
