"""What of a page's rows was not as its plugin describes them; null on pages where everything was."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pages", sa.Column("drift", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("pages", "drift")
