"""Everything one pass over the evidence says about a person, before any benefit is looked at."""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, literal, surely
from gateway.policy import Policy

COUNTED = ("match", "unchecked")
"""Adverse evidence counts with these identities; `doubt` (the name differs) only holds."""


def by_person(evidence: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """One row a person: newest strong evidence of life, ends of custody, deaths, doubts, adverse rows."""
    rows = evidence.mutate(
        death_day=ibis.coalesce(evidence.happened_on, evidence.latest),
        death_from=ibis.coalesce(evidence.happened_on, evidence.earliest),
        end_on=custody_end(evidence, policy),
    )
    until = literal(as_of)
    died = is_death(rows) & (rows.death_day <= until)
    counted = among(rows.identity, COUNTED)
    ended = rows.end_on <= until
    grouped: ir.Table = rows.group_by("person").agg(
        strong_on=rows.happened_on.max(where=is_life(rows, policy) & (rows.happened_on <= until)),
        counted_end_on=rows.end_on.max(where=ended & counted),
        any_end_on=rows.end_on.max(where=ended),
        died=surely(died & counted).any(),
        death_doubted=surely(died & (rows.identity == "doubt")).any(),
        death_first=rows.death_day.min(where=died & counted),
        death_last=rows.death_day.max(where=died & counted),
        death_not_before=rows.death_from.max(where=died & counted),
        abroad=surely(is_emigration(rows) & (ibis.coalesce(rows.happened_on, until) <= until)).any(),
        facts=rows.content.collect(where=rows.polarity == "adverse").sort(),
    )
    return grouped


def is_life(rows: ir.Table, policy: Policy) -> ir.BooleanColumn:
    """Strong evidence of life about surely this person; a differing or unchecked name never certifies."""
    return (
        (rows.polarity == "of_life")
        & (rows.strength == "strong")
        & (rows.identity == "match")
        & among(rows.kind, policy.certifying_kinds())
    )


def is_death(rows: ir.Table) -> ir.BooleanColumn:
    """A death, first-hand or echo."""
    return rows.kind == "death"


def is_emigration(rows: ir.Table) -> ir.BooleanColumn:
    """Settled abroad, about surely this person."""
    return (rows.kind == "emigration") & (rows.identity == "match")


def custody_end(rows: ir.Table, policy: Policy) -> ir.DateColumn:
    """The day on which a row ends custody: a release or correction, or a custody's own real end."""
    return ibis.cases(
        (among(rows.kind, policy.custody.ending_kinds.value), rows.happened_on),
        (surely(rows.kind == "custody") & ends_for_good(rows, policy), rows.released_on),
        else_=ibis.null("date"),
    )


def ends_for_good(rows: ir.Table, policy: Policy) -> ir.BooleanColumn:
    """Whether a custody's real end let the person go; moved to prison is no end."""
    return ~among(rows.released_to, policy.custody.not_an_end.value)
