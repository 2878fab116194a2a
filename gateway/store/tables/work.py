"""Who is at work, what is scheduled, and what went wrong."""

from typing import Final

from sqlalchemy import JSON, Column, Index, Integer, String, Table, text

from gateway.store.tables.columns import METADATA, NUMBER, Instant

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("name", String, primary_key=True),
    Column("token", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("place", String, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)

STEPS: Final = Table(
    "steps",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("done_at", Instant, nullable=False),
    Column("outcome", JSON, nullable=False),
)

JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("name", String, primary_key=True),
    Column("cron", String, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("attempt", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("exit_code", Integer),
    Column("alive_until", Instant),
)

ALARMS: Final = Table(
    "alarms",
    METADATA,
    Column("alarm_id", NUMBER, primary_key=True),
    Column("name", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("message", String, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant),
    Index(
        "uq_alarms_open",
        "name",
        "subject",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)
