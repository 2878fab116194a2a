"""Decisions are found by month and benefit: to write those of a month costs the same in every year.

Those there are belong to no month: to write years of them anew would take hours, and gain nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_decisions_benefit_id_run_id"), table_name="decisions")
    op.add_column("decisions", sa.Column("month", sa.Integer(), nullable=False, server_default=sa.text("0")))
    own = ["month", "benefit_id", "run_id"]
    op.create_index(op.f("ix_decisions_month_benefit_id_run_id"), "decisions", own, unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_decisions_month_benefit_id_run_id"), table_name="decisions")
    op.drop_column("decisions", "month")
    own = ["benefit_id", "run_id"]
    op.create_index(op.f("ix_decisions_benefit_id_run_id"), "decisions", own, unique=True)
