"""What a decision is as columns: the part carried from run to run, and what stands beside it in one run."""

from typing import Final

import pyarrow as pa

DECIDED: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),  # certified, suspected, uncovered, uncompared
        pa.field("reason", pa.string()),  # death, detention, sentence; null unless suspected
        pa.field("confidence", pa.string()),  # corroborated, single_source; null unless suspected
        pa.field("certified_on", pa.date32()),
        pa.field("certified_by", pa.string()),  # roster, evidence
        pa.field("valid_until", pa.date32()),  # what the outside knows: by the roster or by an event
        pa.field("roster_certified_on", pa.date32()),  # the roster's own day, not our renewal come back
        pa.field("announced_on", pa.list_(pa.date32()), nullable=False),  # days we announced from evidence
        pa.field("causes", pa.list_(pa.string()), nullable=False),  # live: death, custody, identity_doubt
        pa.field("holds", pa.list_(pa.string()), nullable=False),  # causes no person has closed yet
        pa.field("release_unconfirmed", pa.bool_(), nullable=False),
        pa.field("facts", pa.list_(pa.int64()), nullable=False),  # content hashes of the adverse rows
        pa.field("suspicion_event_id", pa.string()),  # the open suspicion's last event
        pa.field("renewal_event_id", pa.string()),  # the last event that moved valid_until
        pa.field("last_event_id", pa.string()),  # the benefit's last event of any type
    ]
)
"""The last decision of every benefit of a bucket. Days are days in Asia/Shanghai."""

SHOWN: Final = ("decision", "reason", "confidence", "certified_on", "valid_until")
"""The columns that two decisions are compared by outside; an event speaks of nothing else."""

COMPARED: Final = (*SHOWN, "causes", "holds", "release_unconfirmed", "facts", "roster_certified_on")
"""A decision is stored anew when one of these differs; where none does, all of DECIDED is the same."""

BESIDE: Final = (
    "person",
    "person_no",
    "benefit",
    "insured_county",
    "birth_on",
    "needs_assistance",
    "last_method",
    "disputed_from",
    "disputed_until",
    "abroad",
    "renewed",
    "withdrawn",
    "changed",
    *(f"was_{name}" for name in SHOWN),
    "was_certified_by",
)
"""What the expression gives beside DECIDED, for events and explanations of this run only."""
