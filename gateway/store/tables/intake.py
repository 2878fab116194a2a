"""What was read, and how far."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from gateway.store.tables.columns import METADATA, NUMBER, Instant

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
    # when it was put together from other parts; null where its rows arrived
    Column("compacted_at", Instant),
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
    Column("distinct_rows", Integer),
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
    Column("drift", JSON(none_as_null=True)),
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
    Column("again_at", Instant),
    Column("again_window_id", Integer),
    Column("settled_at", Instant),
    Column("settled_run_id", Integer),
    Column("outcome", String),
    UniqueConstraint("dataset", "key_hash", "field", "rule", "content"),
    Index(None, "dataset", "content"),
    Index(None, "dataset", "settled_at"),
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
