"""The verification ledger, decisions made out of turn, and statements from other channels."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_ledger()
    _create_changes()
    _create_revisions()
    _create_statements()


def downgrade() -> None:
    for table in ("statements", "revisions", "ledger_changes", "ledger"):
        op.drop_table(table)


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("benefit_id", sa.String(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("person_no", sa.String(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("county", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("suspected", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("effect", sa.String(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger")),
    )
    for name in ("bucket", "person", "benefit_id"):
        op.create_index(op.f(f"ix_ledger_{name}"), "ledger", [name], unique=False)
    op.create_index(
        "uq_ledger_open",
        "ledger",
        ["benefit_id", "cause"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _create_changes() -> None:
    op.create_table(
        "ledger_changes",
        sa.Column("change_id", NUMBER, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.entry_id"], name=op.f("fk_ledger_changes_entry_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_ledger_changes")),
    )
    op.create_index(op.f("ix_ledger_changes_entry_id"), "ledger_changes", ["entry_id"], unique=False)


def _create_revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("revision_id", NUMBER, nullable=False),
        sa.Column("benefit_id", sa.String(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("benefit_id", name=op.f("uq_revisions_benefit_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_revisions_bucket"), "revisions", ["bucket"], unique=False)


def _create_statements() -> None:
    op.create_table(
        "statements",
        sa.Column("statement_id", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("benefit_id", sa.String(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_benefit_id"), "statements", ["benefit_id"], unique=False)
    op.create_index(
        "ix_statements_pending",
        "statements",
        ["statement_id"],
        unique=False,
        sqlite_where=sa.text("pending"),
        postgresql_where=sa.text("pending"),
    )
