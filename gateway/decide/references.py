"""Which rows a changed decision rests on, and which it looked at and did not take: a second query."""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from gateway.decide.custody import judged_custody
from gateway.decide.days import among, literal, surely
from gateway.decide.people import by_person, custody_end, is_death, is_emigration, is_life
from gateway.policy import Policy

REFERENCES: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),  # death, custody, custody_end, abroad, life
        pa.field("standing", pa.string(), nullable=False),  # counted, open, unconfirmed, over, doubt
        pa.field("key_hash", pa.binary(16), nullable=False),
        pa.field("item", pa.int16(), nullable=False),
        pa.field("department", pa.string(), nullable=False),
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

TOUCHED: Final = ("benefit_id", "person", "certified_on")
"""What the second query is told about a changed decision."""

_ROW: Final = (
    "person", "role", "standing", "key_hash", "item", "department", "kind", "basis", "strength", "identity",
    "happened_on", "ends_on", "released_on",
)  # fmt: skip


def references(changed: ir.Table, evidence: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """The rows of evidence behind the changed decisions (TOUCHED columns): see REFERENCES."""
    touched = evidence.semi_join(changed, "person")
    people = by_person(touched, policy, as_of)
    rows = ibis.union(
        _deaths(touched, as_of),
        _custody(judged_custody(touched, people, policy, as_of)),
        _ends(touched, policy, as_of),
        _abroad(touched, as_of),
    )
    asked = changed.select(*TOUCHED)
    found = asked.join(rows, "person").drop("certified_on")
    alive = asked.join(_life(touched, policy), "person")
    alive = alive.filter(alive.happened_on == alive.certified_on).drop("certified_on")
    return ibis.union(found, alive).select(*REFERENCES.names)


def _rows(table: ir.Table, role: str, standing: ir.Value | str, on: ir.DateColumn) -> ir.Table:
    standing = ibis.literal(standing) if isinstance(standing, str) else standing
    return table.mutate(role=ibis.literal(role), standing=standing, happened_on=on).select(*_ROW)


def _deaths(evidence: ir.Table, as_of: date) -> ir.Table:
    day = ibis.coalesce(evidence.happened_on, evidence.latest)
    rows = evidence.filter(is_death(evidence) & (day <= literal(as_of)))
    standing = ibis.ifelse(surely(rows.identity == "doubt"), "doubt", "counted")
    return _rows(rows, "death", standing, ibis.coalesce(rows.happened_on, rows.latest))


def _custody(rows: ir.Table) -> ir.Table:
    standing = ibis.cases(
        (~rows.open & ~rows.unconfirmed, "over"),
        (surely(rows.identity == "doubt"), "doubt"),
        (rows.open, "open"),
        else_="unconfirmed",
    )
    return _rows(rows, "custody", standing, rows.began_on)


def _ends(evidence: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    kinds = policy.custody.ending_kinds.value
    end_on = custody_end(evidence, policy)
    rows = evidence.filter(among(evidence.kind, kinds) & surely(end_on <= literal(as_of)))
    in_custody = evidence.filter(evidence.kind == "custody").select("person").distinct()
    return _rows(rows.semi_join(in_custody, "person"), "custody_end", "counted", rows.happened_on)


def _abroad(evidence: ir.Table, as_of: date) -> ir.Table:
    until = literal(as_of)
    rows = evidence.filter(is_emigration(evidence) & (ibis.coalesce(evidence.happened_on, until) <= until))
    return _rows(rows, "abroad", "counted", rows.happened_on)


def _life(evidence: ir.Table, policy: Policy) -> ir.Table:
    rows = evidence.filter(is_life(evidence, policy))
    return _rows(rows, "life", "counted", rows.happened_on)
