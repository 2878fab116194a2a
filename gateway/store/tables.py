"""The SQL tables: everything that has a state. Evidence itself is Parquet; here is which of it counts.

Instants are naive Asia/Shanghai times. Nothing here holds a name or an ID number.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from gateway.clock import local


class Instant(TypeDecorator[datetime]):
    """An instant kept as a naive Asia/Shanghai time, whatever time zone it came with."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else local(value)


NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
"""A row number the database gives; SQLite counts by itself only in a plain INTEGER."""

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PARTS: Final = Table(
    "parts",
    METADATA,
    Column("part_id", String, primary_key=True),
    Column("stage", String, nullable=False),
    Column("dataset", String),
    Column("bucket", Integer, nullable=False),
    Column("path", String, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("run_id", Integer),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
    Index(None, "stage", "bucket", "retired_at"),
)

RUNS: Final = Table(
    "runs",
    METADATA,
    Column("run_id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("as_of", Date),
    Column("state", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("reason", String),
    Column("policy_version", String),
    Column("summary", JSON(none_as_null=True)),
)

WINDOWS: Final = Table(
    "windows",
    METADATA,
    Column("window_id", Integer, primary_key=True),
    Column("dataset", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("period", String),
    Column("seq", Integer),
    Column("state", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("next_start", String),
    Column("total", Integer),
    Column("run_id", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("reason", String),
    Index(None, "dataset", "state", "until"),
    Index(None, "run_id"),
)

PAGES: Final = Table(
    "pages",
    METADATA,
    Column("page_id", NUMBER, primary_key=True),
    Column("window_id", Integer, ForeignKey("windows.window_id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("start", String, nullable=False),
    Column("received", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("strangers", Integer, nullable=False),
    Column("unknown_codes", JSON, nullable=False),
    Column("row_hashes", LargeBinary),
    Column("taken_at", Instant, nullable=False),
    Index(None, "window_id", "attempt"),
)

REFUSALS: Final = Table(
    "refusals",
    METADATA,
    Column("refusal_id", NUMBER, primary_key=True),
    Column("window_id", Integer, nullable=False),
    Column("dataset", String, nullable=False),
    # "" stands for none: SQL holds two nulls apart, and the same refusal must not count twice
    Column("key_hash", String, nullable=False),
    Column("field", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("content", String, nullable=False),
    UniqueConstraint("dataset", "key_hash", "field", "rule", "content"),
)

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
    Index(None, "subject"),
    Index(None, "run_id"),
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

ROSTER_IMPORTS: Final = Table(
    "roster_imports",
    METADATA,
    Column("import_id", Integer, primary_key=True),
    Column("file_sha256", String, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("new", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("unmatchable", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("key_fingerprint", String, nullable=False),
)
