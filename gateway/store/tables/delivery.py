"""Who is told, what was sent to whom, who may ask, and who looked."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from gateway.store.tables.columns import METADATA, NUMBER, Instant

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("token_id", String, primary_key=True),
    Column("name", String, nullable=False),
    # SHA-256 of the secret: it has 256 random bits, so a slow hash would add nothing
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", JSON, nullable=False),
    # null: every county
    Column("counties", JSON(none_as_null=True)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
)

CONSUMERS: Final = Table(
    "consumers",
    METADATA,
    Column("name", String, primary_key=True),
    # the token that made it; null where it was made on this machine
    Column("owner", String),
    Column("acked", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("acked_at", Instant),
)

SUBSCRIPTIONS: Final = Table(
    "subscriptions",
    METADATA,
    Column("subscription_id", String, primary_key=True),
    Column("owner", String),
    Column("sink", String, nullable=False),
    # pending (asked for consent), active, paused (by a person), disabled (by the gateway), removed
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("version", Integer, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("counties", JSON(none_as_null=True)),
    # networks that the sink may be in, as CIDR
    Column("allow", JSON, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("rate_per_second", Float),
    # [{kind, sealed, until}]: the first signs, the others sign beside it until their time is over
    Column("secrets", JSON, nullable=False),
    # every matching event up to here has its delivery
    Column("position", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("consented_at", Instant),
    # while pending: how often the receiver was asked, and when it is asked next
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("ask_at", Instant),
    # since when nothing was taken, while something was tried
    Column("failing_since", Instant),
)

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("delivery_id", NUMBER, primary_key=True),
    Column("subscription_id", String, ForeignKey("subscriptions.subscription_id"), nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    # the sequences, where they are not all from first to last
    Column("members", JSON(none_as_null=True)),
    # pending, delivered, failed (given up), canceled (the subscription is gone)
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant),
    Column("last_status", Integer),
    Column("reason", String),
    Column("finished_at", Instant),
    # the delivery that this one was sent again for
    Column("again_for", BigInteger),
    Index(None, "subscription_id", "first_sequence"),
    Index(
        "ix_deliveries_pending",
        "subscription_id",
        "first_sequence",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_deliveries_failed",
        "finished_at",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("audit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", JSON, nullable=False),
    # of this entry and the one before it, so that a changed or missing entry shows
    Column("hash", LargeBinary, nullable=False),
)
