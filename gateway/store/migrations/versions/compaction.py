"""Whether a part came about by compaction, so that what is in it does not count as having arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parts", sa.Column("compacted_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("parts", "compacted_at")
