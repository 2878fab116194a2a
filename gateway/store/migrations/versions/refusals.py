"""What became of a refusal, and how many different rows a window brought."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NEW = {
    "again_at": sa.DateTime,
    "again_window_id": sa.Integer,
    "settled_at": sa.DateTime,
    "settled_run_id": sa.Integer,
    "outcome": sa.String,
}
_INDEXED = (("dataset", "content"), ("dataset", "settled_at"))


def upgrade() -> None:
    op.add_column("windows", sa.Column("distinct_rows", sa.Integer(), nullable=True))
    for name, kind in _NEW.items():
        op.add_column("refusals", sa.Column(name, kind(), nullable=True))
    for columns in _INDEXED:
        op.create_index(op.f(f"ix_refusals_{'_'.join(columns)}"), "refusals", [*columns], unique=False)


def downgrade() -> None:
    for columns in _INDEXED:
        op.drop_index(op.f(f"ix_refusals_{'_'.join(columns)}"), table_name="refusals")
    for name in _NEW:
        op.drop_column("refusals", name)
    op.drop_column("windows", "distinct_rows")
