"""What was decided and told."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from gateway.store.tables.columns import METADATA, NUMBER, Instant

DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("decision_id", NUMBER, primary_key=True),
    Column("benefit_id", String, nullable=False),
    Column("person_no", String, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("decision", String, nullable=False),
    Column("reason", String),
    Column("confidence", String),
    Column("certified_on", Date),
    Column("valid_until", Date),
    Column("as_of", Date, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("body", JSON, nullable=False),
    Column("current", Boolean, nullable=False),
    Index(None, "benefit_id"),
    Index(
        "uq_decisions_current",
        "benefit_id",
        unique=True,
        sqlite_where=text('"current"'),
        postgresql_where=text('"current"'),
    ),
)

DECIDE_BASES: Final = Table(
    "decide_bases",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Date, nullable=False),
    Column("rules", String, nullable=False),
    Column("parts", JSON, nullable=False),
)

EVENTS: Final = Table(
    "events",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("county", String),
    Column("run_id", Integer, nullable=False),
    Column("time", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("released_at", Instant),
    Column("replaces", String),
    # detached JWS over the body; null where no signing key was configured
    Column("signature", String),
    Index(None, "subject"),
    Index(None, "run_id"),
    Index(None, "released_at"),
    Index(
        "ix_events_unreleased",
        "sequence",
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
)

COUNTERS: Final = Table(
    "counters",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
