"""Which rows a changed decision rests on, and which it looked at and did not take: a second query."""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from gateway.decide.custody import judged_custody
from gateway.decide.days import among, literal, surely
from gateway.decide.grounds import touches
from gateway.decide.lives import seen_by_life, told_by_life
from gateway.decide.people import (
    alive_by_life,
    custody_end,
    is_death,
    is_emigration,
    is_enlisted,
    is_free,
    is_life,
    is_marriage,
    told_of_life,
)
from gateway.policy import Policy

REFERENCES: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        # death, custody, custody_end, absence, ground, abroad, life (certifies), against (a conflict)
        pa.field("role", pa.string(), nullable=False),
        # counted, open, contradicted, unconfirmed, over, doubt
        pa.field("standing", pa.string(), nullable=False),
        pa.field("key_hash", pa.binary(16)),  # null for a certification that the roster tells of
        pa.field("item", pa.int16(), nullable=False),
        pa.field("content", pa.int64(), nullable=False),
        pa.field("department", pa.string(), nullable=False),
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("basis", pa.string()),
        pa.field("strength", pa.string()),
        pa.field("identity", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32()),  # of a bounded death its latest day; of custody its beginning
        pa.field("ends_on", pa.date32()),
        pa.field("released_on", pa.date32()),
    ]
)
"""Rows without a name, an ID number or a department's own key."""

TOUCHED: Final = ("benefit_id", "life", "reason", "certified_on", "agency_on", "against_after")
"""What the second query is told about a changed decision."""

_ROW: Final = tuple(name for name in REFERENCES.names if name != "benefit_id")


def references(
    changed: ir.Table,
    evidence: ir.Table,
    told: ir.Table,
    roster: ir.Table,
    ledger: ir.Table,
    policy: Policy,
    as_of: date,
) -> ir.Table:
    """The rows of evidence behind the changed decisions (TOUCHED columns): see REFERENCES.

    `told` is what `telling` gives of the evidence.
    """
    asked = changed.join(
        roster.select("benefit_id", "benefit", "started_on", "spouse_survivor"), "benefit_id"
    )
    seen = seen_by_life(evidence, told, roster, ledger, policy).semi_join(changed, "life")
    told = told_by_life(told, roster, ledger, policy).semi_join(changed, "life")
    alive = _alive_beside(told, seen, policy, as_of)
    found = ibis.union(
        _deaths(asked, told, as_of),
        _custody(asked, told, alive, policy, as_of),
        _ends(asked, told, policy, as_of),
        _absences(asked, told, alive, as_of),
        _grounds(asked, told, policy, as_of),
        _life(asked, seen, policy),
        _against(asked, seen, policy, as_of),
    )
    return found.select(*REFERENCES.names)


def _alive_beside(told: ir.Table, seen: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """When those lives were seen that a custody or an absence was told of."""
    asked = told.filter(among(told.kind, ("custody", "absence"))).select("life").distinct()
    return alive_by_life(seen.semi_join(asked, "life"), policy, as_of)


def _rows(table: ir.Table, role: ir.Value | str, standing: ir.Value | str, on: ir.DateColumn) -> ir.Table:
    role = ibis.literal(role) if isinstance(role, str) else role
    standing = ibis.literal(standing) if isinstance(standing, str) else standing
    return table.mutate(role=role, standing=standing, happened_on=on).select("benefit_id", *_ROW)


def _beside(asked: ir.Table, rows: ir.Table) -> ir.Table:
    return asked.join(rows, "life")


def _doubt_or(rows: ir.Table, standing: ir.Value | str) -> ir.StringColumn:
    return ibis.ifelse(surely(rows.identity == "doubt"), "doubt", standing)


def _deaths(asked: ir.Table, told: ir.Table, as_of: date) -> ir.Table:
    day = ibis.coalesce(told.happened_on, told.latest)
    rows = _beside(asked, told.filter(is_death(told) & (day <= literal(as_of))))
    return _rows(rows, "death", _doubt_or(rows, "counted"), ibis.coalesce(rows.happened_on, rows.latest))


def _custody(asked: ir.Table, told: ir.Table, alive: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    judged = judged_custody(told, alive, told_of_life(told, policy, as_of), policy, as_of)
    rows = _beside(asked, judged)
    unconfirmed = rows.unconfirmed & ~surely(rows.ends_on <= rows.agency_on)
    standing = ibis.cases(
        (~rows.open & ~rows.contradicted & ~unconfirmed, "over"),
        (surely(rows.identity == "doubt"), "doubt"),
        (rows.open, "open"),
        (rows.contradicted, "contradicted"),
        else_="unconfirmed",
    )
    return _rows(rows, "custody", standing, rows.began_on)


def _ends(asked: ir.Table, told: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    kinds = policy.custody.ending_kinds.value
    end_on = custody_end(told, policy)
    ends = told.filter(among(told.kind, kinds) & surely(end_on <= literal(as_of)))
    in_custody = told.filter(told.kind == "custody").select("life").distinct()
    rows = _beside(asked, ends.semi_join(in_custody, "life"))
    return _rows(rows, "custody_end", "counted", rows.happened_on)


def _absences(asked: ir.Table, told: ir.Table, alive: ir.Table, as_of: date) -> ir.Table:
    """An absence is over when the person was seen since."""
    declared = told.filter((told.kind == "absence") & (told.happened_on <= literal(as_of)))
    seen = alive.select("life", "strong_on")
    rows = _beside(asked, declared.left_join(seen, "life", rname="{name}_of_seen"))
    standing = ibis.ifelse(surely(rows.strong_on > rows.happened_on), "over", _doubt_or(rows, "counted"))
    return _rows(rows, "absence", standing, rows.happened_on)


def _grounds(asked: ir.Table, told: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Marriages and enlistments where they are a ground; emigrations wherever they are known."""
    until = literal(as_of)
    rows = _beside(asked, told.filter(ibis.coalesce(told.happened_on, until) <= until))
    married = is_marriage(rows) & rows.spouse_survivor & surely(rows.happened_on > rows.started_on)
    abroad = is_emigration(rows)
    suspects = (
        (married & touches(rows, policy, "remarriage"))
        | (is_enlisted(rows) & touches(rows, policy, "enlisted"))
        | (abroad & touches(rows, policy, "emigration"))
    )
    rows = rows.mutate(suspects=surely(suspects)).filter(surely(suspects | abroad))
    return _rows(rows, ibis.ifelse(rows.suspects, "ground", "abroad"), "counted", rows.happened_on)


def _life(asked: ir.Table, seen: ir.Table, policy: Policy) -> ir.Table:
    rows = _beside(asked, seen.filter(is_life(seen, policy)))
    rows = rows.filter(rows.happened_on == rows.certified_on)
    if policy.certification.weak_pairs_certify.value:
        weak = _beside(asked, seen.filter(is_life(seen, policy, "weak")))
        pairs = weak.filter(weak.happened_on >= weak.certified_on).anti_join(rows, "benefit_id")
        rows = ibis.union(rows, pairs)
    return _rows(rows, "life", "counted", rows.happened_on)


def _against(asked: ir.Table, seen: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Evidence of life that speaks against a death, or against a custody."""
    come = seen.happened_on <= literal(as_of)
    rows = _beside(asked, seen.filter(is_life(seen, policy) & come))
    counts = surely(rows.reason == "death") | is_free(rows, policy)
    rows = rows.filter(surely(rows.happened_on > rows.against_after) & counts)
    return _rows(rows, "against", "counted", rows.happened_on)
