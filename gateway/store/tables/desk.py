"""What people did: the verification ledger, statements from other channels, decisions out of turn."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from gateway.store.tables.columns import METADATA, NUMBER, Instant

LEDGER: Final = Table(
    "ledger",
    METADATA,
    Column("entry_id", NUMBER, primary_key=True),
    Column("benefit_id", String, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("person_no", String, nullable=False),
    Column("bucket", Integer, nullable=False),
    Column("benefit", String, nullable=False),
    Column("county", String),
    Column("cause", String, nullable=False),
    Column("reason", String),
    Column("suspected", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("contents", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("assignee", String),
    Column("told_at", Instant),
    Column("outcome", String),
    Column("outcome_on", Date),
    Column("effect", String),
    Column("ended_on", Date),
    Column("closed_at", Instant),
    Index(None, "bucket"),
    Index(None, "person"),
    Index(None, "benefit_id"),
    Index(
        "uq_ledger_open",
        "benefit_id",
        "cause",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

LEDGER_CHANGES: Final = Table(
    "ledger_changes",
    METADATA,
    Column("change_id", NUMBER, primary_key=True),
    Column("entry_id", NUMBER, ForeignKey("ledger.entry_id"), nullable=False),
    Column("action", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String, nullable=False),
    Column("note", String, nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "entry_id"),
)

REVISIONS: Final = Table(
    "revisions",
    METADATA,
    Column("revision_id", NUMBER, primary_key=True),
    Column("benefit_id", String, nullable=False, unique=True),
    Column("bucket", Integer, nullable=False),
    Column("state", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "bucket"),
    # a number is never given again: a reader that saw the older revision must not drop the newer one
    sqlite_autoincrement=True,
)

STATEMENTS: Final = Table(
    "statements",
    METADATA,
    Column("statement_id", String, primary_key=True),
    Column("dataset", String, nullable=False),
    Column("benefit_id", String, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("method", String),
    Column("certificate", LargeBinary),
    Column("reference", String),
    Column("content", BigInteger, nullable=False),
    Column("made_by", String, nullable=False),
    Column("accepted_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", String),
    Column("pending", Boolean, nullable=False),
    Index(None, "benefit_id"),
    Index(
        "ix_statements_pending",
        "statement_id",
        sqlite_where=text("pending"),
        postgresql_where=text("pending"),
    ),
)
