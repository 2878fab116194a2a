"""Decisions are found by month and benefit: to write those of a month costs the same in every year."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MONTH = {
    "sqlite": "CAST(strftime('%Y%m', as_of) AS INTEGER)",
    "postgresql": "extract(year FROM as_of)::int * 100 + extract(month FROM as_of)::int",
}


def upgrade() -> None:
    op.drop_index(op.f("ix_decisions_benefit_id_run_id"), table_name="decisions")
    op.add_column("decisions", sa.Column("month", sa.Integer(), nullable=True))
    op.execute(f"UPDATE decisions SET month = {_MONTH[op.get_bind().dialect.name]}")  # noqa: S608 - our own SQL
    with op.batch_alter_table("decisions") as decisions:
        decisions.alter_column("month", existing_type=sa.Integer(), nullable=False)
    own = ["month", "benefit_id", "run_id"]
    op.create_index(op.f("ix_decisions_month_benefit_id_run_id"), "decisions", own, unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_decisions_month_benefit_id_run_id"), table_name="decisions")
    op.drop_column("decisions", "month")
    own = ["benefit_id", "run_id"]
    op.create_index(op.f("ix_decisions_benefit_id_run_id"), "decisions", own, unique=True)
