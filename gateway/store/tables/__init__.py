"""The SQL tables: everything that has a state. Evidence itself is Parquet; here is which of it counts.

Instants are naive Asia/Shanghai times. Nothing here holds a name or an ID number.
"""

from gateway.store.tables.columns import METADATA, NUMBER, Instant
from gateway.store.tables.delivery import AUDIT, CONSUMERS, DELIVERIES, SUBSCRIPTIONS, TOKENS
from gateway.store.tables.desk import LEDGER, LEDGER_CHANGES, REVISIONS, STATEMENTS
from gateway.store.tables.intake import PAGES, PARTS, REFUSALS, ROSTER_IMPORTS, RUNS, WINDOWS
from gateway.store.tables.outcomes import (
    COUNTERS,
    DECIDE_BASES,
    DECISIONS,
    DICTIONARIES,
    EVENT_SPANS,
    EVENTS,
)
from gateway.store.tables.work import ALARMS, JOBS, LEASES, STEPS

__all__ = [
    "ALARMS",
    "AUDIT",
    "CONSUMERS",
    "COUNTERS",
    "DECIDE_BASES",
    "DECISIONS",
    "DELIVERIES",
    "DICTIONARIES",
    "EVENTS",
    "EVENT_SPANS",
    "JOBS",
    "LEASES",
    "LEDGER",
    "LEDGER_CHANGES",
    "METADATA",
    "NUMBER",
    "PAGES",
    "PARTS",
    "REFUSALS",
    "REVISIONS",
    "ROSTER_IMPORTS",
    "RUNS",
    "STATEMENTS",
    "STEPS",
    "SUBSCRIPTIONS",
    "TOKENS",
    "WINDOWS",
    "Instant",
]
