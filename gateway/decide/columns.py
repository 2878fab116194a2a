"""What a decision is as columns: the part carried from run to run, and what stands beside it in one run."""

from typing import Final

import pyarrow as pa

DECIDED: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("person", pa.int64()),  # roster number of who draws it; null in parts of an older version
        # certified, suspected, conflicting, uncovered, uncompared
        pa.field("decision", pa.string(), nullable=False),
        pa.field("reason", pa.string()),  # of a suspicion or conflict, else null: POLICY 2, grounds
        pa.field("confidence", pa.string()),  # corroborated, single_source; null where reason is
        pa.field("likely_alive", pa.bool_(), nullable=False),  # a conflict that is probably a wrong report
        pa.field("certified_on", pa.date32()),
        pa.field("certified_by", pa.string()),  # roster, evidence, verification
        pa.field("valid_until", pa.date32()),  # what the outside knows: by the roster or by an event
        pa.field("roster_certified_on", pa.date32()),  # the roster's own day, not our renewal come back
        pa.field("announced_on", pa.list_(pa.date32()), nullable=False),  # days we announced ourselves
        pa.field("causes", pa.list_(pa.string()), nullable=False),  # live ones, taken or not
        pa.field("holds", pa.list_(pa.string()), nullable=False),  # causes no person has closed yet
        pa.field("release_unconfirmed", pa.bool_(), nullable=False),
        pa.field("rests_on_voided", pa.bool_(), nullable=False),  # a death rests on a voided certificate
        pa.field("facts", pa.list_(pa.int64()), nullable=False),  # content hashes of the adverse rows
        pa.field("notice_days", pa.int16()),  # tightest notice told in this cycle; 0 overdue; null none
        pa.field("notice_for", pa.date32()),  # the valid_until it spoke of; null where never certified
        pa.field("next_on", pa.date32()),  # the passing of time alone changes nothing before this day
        pa.field("suspicion_event_id", pa.string()),  # the open suspicion's or conflict's last event
        pa.field("renewal_event_id", pa.string()),  # the last event that moved valid_until
        pa.field("last_event_id", pa.string()),  # the benefit's last event of any type
    ]
)
"""The last decision of every benefit of a bucket. Days are days in Asia/Shanghai."""

LEDGER: Final = pa.schema(
    [
        pa.field("benefit_id", pa.string(), nullable=False),
        pa.field("held", pa.list_(pa.string()), nullable=False),  # causes with an entry open or lost
        pa.field("late", pa.list_(pa.string()), nullable=False),  # open too long, and nobody told yet
        pa.field("confirmed", pa.list_(pa.string()), nullable=False),  # causes a person found ineligible
        pa.field("silenced", pa.list_(pa.int64()), nullable=False),  # contents a person found harmless
        pa.field("pension_silenced_on", pa.date32()),  # pensions on the roster by then were looked at
        pa.field("verified_on", pa.date32()),  # newest day a person found the benefit eligible
        pa.field("custody_on", pa.date32()),  # day the newest custody entry was opened
    ]
)
"""What people did about a benefit, as the rules read it; benefits without any entry have no row."""

SHOWN: Final = ("decision", "reason", "confidence", "certified_on", "valid_until")
"""The columns that two decisions are compared by outside; an event speaks of nothing else."""

COMPARED: Final = (
    *SHOWN,
    "likely_alive",
    "causes",
    "holds",
    "release_unconfirmed",
    "rests_on_voided",
    "facts",
    "roster_certified_on",
    "notice_days",
    "notice_for",
)
"""A decision has changed when one of these differs; where none does, DECIDED but for MOVING is the same."""

MOVING: Final = ("person", "next_on")
"""What may differ where no decision has changed: whose benefit it is, and when time may next change it."""

EVENT_IDS: Final = ("suspicion_event_id", "renewal_event_id", "last_event_id")
"""The columns of DECIDED that the events of a run fill in; the rules carry them."""

NEWS: Final = ("renewed", "withdrawn", "verified", "due", "overdue", "unresolved")
"""What a run has to tell of a benefit, also where none of COMPARED differs."""

BESIDE: Final = (
    "life",
    "person_no",
    "benefit",
    "insured_county",
    "birth_on",
    "needs_assistance",
    "matchable",
    "last_certified_on",
    "last_method",
    "payment_status",
    "suspended_on",
    "custody_on",
    "disputed_from",
    "disputed_until",
    "agency_on",
    "against_after",
    "abroad",
    "renewed",
    "withdrawn",
    "verified",
    "due",
    "overdue",
    "unresolved",
    "confirmed",
    "changed",
    "stored",
    *(f"was_{name}" for name in SHOWN),
    "was_certified_by",
    "was_notice_days",
    "was_notice_for",
)
"""What the expression gives beside DECIDED, for events and explanations of this run only.

`renewed` (announced from evidence), `withdrawn` (a renewal taken back), `verified` (moved by a person's
verification), `due` and `overdue` (a notice to send now, its threshold is `notice_days`), `unresolved` (its
entry is open too long), `confirmed` (the cause taken was found to be a loss) say what this run has to tell.
`stored` says that its DECIDED row differs from the last one: it has `changed`, or one of MOVING differs.
`life` is whose evidence the benefit is decided from: its person's, or its own where rows were silenced. On
`agency_on` the agency itself last certified or granted; evidence of life after `against_after` speaks against
a finding.
"""
