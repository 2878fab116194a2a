"""What the evidence says about a life, before any benefit is looked at.

Nearly all rows are evidence of life, of which only the newest days matter; what may speak against somebody
is rare. The two are read apart: one narrow pass over the many, and everything else over the few.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, literal, newest, surely
from gateway.decide.passing import next_of_seen, next_of_told
from gateway.policy import Policy

COUNTED = ("match", "unchecked")
"""Adverse evidence counts with these identities; `doubt` (the name differs) only holds."""

ELSEWHERE = "certification_elsewhere"
VOIDED = "voided_certificate"
"""The kind of row that tells of a certificate withdrawn since; it is looked at, never silenced."""

_TELLING = ("death", "absence", "custody", VOIDED, "marriage", "enlisted", "emigration")


def is_telling(rows: ir.Table, policy: Policy) -> ir.BooleanColumn:
    """Rows that may speak against somebody or end what does; all others are of life, or say nothing."""
    kinds = (*_TELLING, *policy.custody.ending_kinds.value)
    return surely(rows.polarity == "adverse") | among(rows.kind, kinds)


def alive_by_life(seen: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """One row a life that was seen: its newest days by what they count for, and `next_seen_on`."""
    people = seen.group_by("life").agg(**_alive(seen, policy, as_of), next_seen_on=next_of_seen(seen, as_of))
    return _with_certifying(people, seen, policy, as_of)


def told_of_life(told: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """One row a life of which something was told: deaths, absences, ends of custody, other grounds."""
    rows = told.mutate(
        death_day=ibis.coalesce(told.happened_on, told.latest),
        death_from=ibis.coalesce(told.happened_on, told.earliest),
        end_on=custody_end(told, policy),
        undated_on=ibis.coalesce(told.happened_on, literal(as_of)),
    )
    grouped: ir.Table = rows.group_by("life").agg(
        **_dead(rows, as_of),
        **_gone(rows, as_of),
        **_grounds(rows, as_of),
        next_told_on=next_of_told(rows, as_of),
    )
    return grouped


def _with_certifying(people: ir.Table, rows: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Add `certifying_on`: the newest strong evidence or, where the rules let it, the newest weak pair."""
    if not policy.certification.weak_pairs_certify.value:
        return people.mutate(certifying_on=people.strong_on)
    joined = people.left_join(_weak_pairs(rows, policy, as_of), "life").drop("life_right")
    return joined.mutate(certifying_on=newest(joined.strong_on, joined.paired_on)).drop("paired_on")


def _weak_pairs(rows: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """By life `paired_on`: the earlier of the newest days on which two departments saw somebody (chosen)."""
    weak = rows.filter(is_life(rows, policy, "weak") & surely(rows.happened_on <= literal(as_of)))
    seen = weak.group_by("life", "department").agg(seen_on=weak.happened_on.max())
    by_life_ = seen.group_by("life").agg(days=seen.seen_on.collect().sort())
    paired = by_life_.filter(by_life_.days.length() > 1)
    return paired.select("life", paired_on=paired.days[paired.days.length() - 2])


def _alive(rows: ir.Table, policy: Policy, as_of: date) -> dict[str, ir.Value]:
    life = is_life(rows, policy) & (rows.happened_on <= literal(as_of))
    return {
        "strong_on": rows.happened_on.max(where=life),
        "free_on": rows.happened_on.max(where=life & is_free(rows, policy)),
        "likely_alive_on": rows.happened_on.max(where=life & _is_likely_alive(rows, policy)),
    }


def _dead(rows: ir.Table, as_of: date) -> dict[str, ir.Value]:
    died = is_death(rows) & (rows.death_day <= literal(as_of))
    counted = died & among(rows.identity, COUNTED)
    return {
        "died": surely(counted).any(),
        "death_doubted": surely(died & (rows.identity == "doubt")).any(),
        "death_first": rows.death_day.min(where=counted),
        "death_last": rows.death_day.max(where=counted & rows.death_from.notnull()),
        "death_not_before": rows.death_from.max(where=counted),
    }


def _gone(rows: ir.Table, as_of: date) -> dict[str, ir.Value]:
    counted = among(rows.identity, COUNTED)
    ended = rows.end_on <= literal(as_of)
    absent = (rows.kind == "absence") & (rows.happened_on <= literal(as_of))
    return {
        "counted_end_on": rows.end_on.max(where=ended & counted),
        "any_end_on": rows.end_on.max(where=ended),
        "absent_on": rows.happened_on.max(where=absent & counted),
        "doubted_absent_on": rows.happened_on.max(where=absent & (rows.identity == "doubt")),
    }


def _grounds(rows: ir.Table, as_of: date) -> dict[str, ir.Value]:
    come = rows.undated_on <= literal(as_of)
    told = (rows.polarity == "adverse") | is_marriage(rows) | is_enlisted(rows) | is_emigration(rows)
    return {
        "married_on": rows.happened_on.max(where=come & is_marriage(rows)),
        "enlisted": surely(come & is_enlisted(rows)).any(),
        "abroad": surely(come & is_emigration(rows)).any(),
        "facts": rows.content.collect(where=told).sort(),
    }


def is_life(rows: ir.Table, policy: Policy, strength: str = "strong") -> ir.BooleanColumn:
    """Evidence of life about surely this person; a differing or unchecked name never certifies."""
    return (
        (rows.polarity == "of_life")
        & (rows.strength == strength)
        & (rows.identity == "match")
        & among(rows.kind, policy.certifying_kinds())
    )


def is_free(rows: ir.Table, policy: Policy) -> ir.BooleanColumn:
    """Of evidence of life: the person came in person and not to a hospital, where prisoners come too."""
    rules = policy.custody
    unseen = (rows.kind == ELSEWHERE) & among(rows.basis, rules.not_in_person_methods.value)
    return ~among(rows.kind, rules.hospital_kinds.value) & ~surely(unseen)


def _is_likely_alive(rows: ir.Table, policy: Policy) -> ir.BooleanColumn:
    return (rows.kind == ELSEWHERE) & among(rows.basis, policy.death.likely_alive_methods())


def is_death(rows: ir.Table) -> ir.BooleanColumn:
    """A death, first-hand or echo."""
    return rows.kind == "death"


def is_marriage(rows: ir.Table) -> ir.BooleanColumn:
    """Married in person, surely this person; a reissued certificate is no marriage."""
    return (rows.kind == "marriage") & (rows.strength == "strong") & (rows.identity == "match")


def is_enlisted(rows: ir.Table) -> ir.BooleanColumn:
    """Joined the armed forces."""
    return (rows.kind == "enlisted") & among(rows.identity, COUNTED)


def is_emigration(rows: ir.Table) -> ir.BooleanColumn:
    """Settled abroad."""
    return (rows.kind == "emigration") & among(rows.identity, COUNTED)


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
