"""The SQL tables: everything that has a state. Evidence itself is Parquet; here is which of it counts.

Instants are naive Asia/Shanghai times. Nothing here holds a name or an ID number.
"""

from gateway.store.tables.columns import METADATA, NUMBER, Instant
from gateway.store.tables.desk import LEDGER, LEDGER_CHANGES, REVISIONS, STATEMENTS
from gateway.store.tables.intake import PAGES, PARTS, REFUSALS, ROSTER_IMPORTS, RUNS, WINDOWS
from gateway.store.tables.outcomes import COUNTERS, DECISIONS, EVENTS
from gateway.store.tables.work import ALARMS, JOBS, LEASES

__all__ = [
    "ALARMS",
    "COUNTERS",
    "DECISIONS",
    "EVENTS",
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
    "WINDOWS",
    "Instant",
]
