"""The roster as columns: one row per benefit, without a name or an ID number."""

from typing import Final

import pyarrow as pa

ROSTER: Final = pa.schema(
    [
        pa.field("person", pa.int64(), nullable=False),  # roster number, stable across imports
        pa.field("person_no", pa.string(), nullable=False),
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("benefit", pa.string(), nullable=False),  # code of POLICY.md section 1
        pa.field("insured_county", pa.string()),  # 6 digits; null when unusable
        pa.field("employer_no", pa.string()),
        pa.field("birth_on", pa.date32()),
        pa.field("started_on", pa.date32()),
        pa.field("last_certified_on", pa.date32()),
        pa.field("last_method", pa.string()),
        pa.field("payment_status", pa.string()),  # paying, suspended, stopped_after_verification, terminated
        pa.field("suspended_on", pa.date32()),
        pa.field("spouse_survivor", pa.bool_(), nullable=False),
        pa.field("needs_assistance", pa.bool_(), nullable=False),
        pa.field("matchable", pa.bool_(), nullable=False),  # false: no usable resident ID number
        pa.field("first_seen_on", pa.date32(), nullable=False),  # day of the first import that brought it
    ]
)
