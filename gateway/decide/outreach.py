"""Whom another channel is to reach next (POLICY 3.5, 3.6; notice 二（三）（四）).

Weak evidence never certifies, but somebody bought medicine under this name: who was never seen even so, or
longest ago, is visited first. *(chosen)*
"""

from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from gateway.decide.columns import DECIDED
from gateway.decide.days import among, literal
from gateway.decide.engine import named_table
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER

OUTREACH: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("county", pa.string()),
        pa.field("valid_until", pa.date32()),
        pa.field("weakly_seen_on", pa.date32()),  # the newest weak evidence of life
    ]
)
"""Benefits that no evidence covers, whom to reach first on top."""


def outreach_query(policy: Policy, as_of: date, county: str | None, limit: int) -> str:
    """SQL over the views `evidence`, `roster` and `decided`; at most `limit` rows of OUTREACH."""
    evidence, roster, decided = (
        named_table(schema, name)
        for schema, name in ((EVIDENCE, "evidence"), (ROSTER, "roster"), (DECIDED, "decided"))
    )
    rows = _uncovered(decided, roster, policy, county).left_join(_weakly_seen(evidence, as_of), "person")
    rows = rows.select("benefit_id", "valid_until", "weakly_seen_on", county=rows.insured_county)
    first = [rows.weakly_seen_on.asc(nulls_first=True), rows.valid_until.asc(nulls_first=True), "benefit_id"]
    return str(ibis.to_sql(rows.order_by(first).limit(limit).select(OUTREACH.names), dialect="duckdb"))


def _uncovered(decided: ir.Table, roster: ir.Table, policy: Policy, county: str | None) -> ir.Table:
    cycles = [code for code, entry in policy.benefits.items() if entry.cycle_months]
    rows = decided.filter(decided.decision == "uncovered").select("benefit_id", "valid_until")
    rows = rows.join(roster, "benefit_id")
    status = rows.payment_status
    paid = status.isnull() | among(status, policy.notices.payment_statuses.value)
    rows = rows.filter(among(rows.benefit, cycles) & paid)
    return rows.filter(rows.insured_county == county) if county else rows


def _weakly_seen(evidence: ir.Table, as_of: date) -> ir.Table:
    weak = (evidence.polarity == "of_life") & (evidence.strength == "weak") & (evidence.identity == "match")
    seen = evidence.filter(weak & (evidence.happened_on <= literal(as_of)))
    grouped: ir.Table = seen.group_by("person").agg(weakly_seen_on=seen.happened_on.max())
    return grouped
