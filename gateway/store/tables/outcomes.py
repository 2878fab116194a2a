"""What was decided and told."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    Float,
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
    # JSON's null where `packed` has it: to make it a column that may be missing would write years anew
    Column("body", JSON, nullable=False),
    # that of `as_of`, as yyyymm, 0 of what is older than the column: so a month has pages of the index for
    # itself; by the benefit alone, each new entry would be in a page with years of its neighbours'
    Column("month", Integer, nullable=False, server_default=text("0")),
    # the body's JSON, compressed; null in what is older than the column
    Column("packed", LargeBinary),
    # the last one of a benefit is the one that stands: a mark on it would have to be taken off again
    Index(None, "month", "benefit_id", "run_id", unique=True),
)

# what packed explanations have in common: without it none of them can be read, so no row is ever removed
DICTIONARIES: Final = Table(
    "compression_dictionaries",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    # of the size of the texts it was made of, what they take with it
    Column("share", Float, nullable=False),
)

DECIDE_BASES: Final = Table(
    "decide_bases",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Date, nullable=False),
    Column("rules", String, nullable=False),
    Column("parts", JSON, nullable=False),
)

# what becomes of an event after it was written stands in EVENT_SPANS: a row is never written twice
EVENTS: Final = Table(
    "events",
    METADATA,
    Column("sequence", NUMBER, primary_key=True, autoincrement=False),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("county", String),
    Column("time", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("replaces", String),
    # detached JWS over the body; null where no signing key was configured
    Column("signature", String),
    Index(None, "subject"),
)

EVENT_SPANS: Final = Table(
    "event_spans",
    METADATA,
    Column("last_sequence", NUMBER, primary_key=True, autoincrement=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("run_id", Integer, nullable=False),
    # null while they are held
    Column("released_at", Instant),
    Index(None, "run_id"),
    Index(None, "released_at"),
    Index(
        "ix_event_spans_held",
        "first_sequence",
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
