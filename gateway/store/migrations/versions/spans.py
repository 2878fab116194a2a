"""Rows written once: spans say what is let out, and the last decision of a benefit is the one that stands.

On SQLite the events are copied: their number becomes the row's own, without an index beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HELD = sa.text("released_at IS NULL")
_CURRENT = sa.text('"current"')

# neighbors of one run and one instant have one difference between the two ways of counting them
_SPANS = """
    INSERT INTO event_spans (last_sequence, first_sequence, run_id, released_at)
    SELECT max(sequence), min(sequence), run_id, released_at
    FROM (
        SELECT sequence, run_id, released_at,
            row_number() OVER (ORDER BY sequence)
            - row_number() OVER (PARTITION BY run_id, released_at ORDER BY sequence) AS neighbors
        FROM events
    ) AS numbered
    GROUP BY run_id, released_at, neighbors
"""
_OF_SPAN = "SELECT {column} FROM event_spans WHERE sequence BETWEEN first_sequence AND last_sequence"
_EVENTS = f"""
    UPDATE events
    SET run_id = ({_OF_SPAN.format(column="run_id")}), released_at = ({_OF_SPAN.format(column="released_at")})
"""  # noqa: S608 - our own SQL
_LAST = "decision_id IN (SELECT max(decision_id) FROM decisions GROUP BY benefit_id)"


def upgrade() -> None:
    _create_spans()
    op.execute(_SPANS)
    op.drop_index("ix_events_unreleased", table_name="events")
    for name in ("run_id", "released_at"):
        op.drop_index(op.f(f"ix_events_{name}"), table_name="events")
    with op.batch_alter_table("events") as events:
        events.alter_column("sequence", existing_type=sa.BigInteger(), type_=NUMBER)
        events.drop_column("run_id")
        events.drop_column("released_at")
    op.drop_index("uq_decisions_current", table_name="decisions")
    op.drop_column("decisions", "current")
    op.drop_index(op.f("ix_decisions_benefit_id"), table_name="decisions")
    own = ["benefit_id", "run_id"]
    op.create_index(op.f("ix_decisions_benefit_id_run_id"), "decisions", own, unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_decisions_benefit_id_run_id"), table_name="decisions")
    op.create_index(op.f("ix_decisions_benefit_id"), "decisions", ["benefit_id"], unique=False)
    op.add_column("decisions", sa.Column("current", sa.Boolean(), nullable=True))
    op.execute(f"UPDATE decisions SET current = ({_LAST})")  # noqa: S608 - our own SQL
    with op.batch_alter_table("decisions") as decisions:
        decisions.alter_column("current", existing_type=sa.Boolean(), nullable=False)
    _index_where(_CURRENT, "uq_decisions_current", "decisions", "benefit_id", unique=True)
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("run_id", sa.Integer(), nullable=True))
        events.add_column(sa.Column("released_at", sa.DateTime(), nullable=True))
    op.execute(_EVENTS)
    with op.batch_alter_table("events") as events:
        events.alter_column("sequence", existing_type=NUMBER, type_=sa.BigInteger())
        events.alter_column("run_id", existing_type=sa.Integer(), nullable=False)
    for name in ("run_id", "released_at"):
        op.create_index(op.f(f"ix_events_{name}"), "events", [name], unique=False)
    _index_where(_HELD, "ix_events_unreleased", "events", "sequence")
    op.drop_table("event_spans")


def _create_spans() -> None:
    op.create_table(
        "event_spans",
        sa.Column("last_sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("last_sequence", name=op.f("pk_event_spans")),
    )
    for name in ("run_id", "released_at"):
        op.create_index(op.f(f"ix_event_spans_{name}"), "event_spans", [name], unique=False)
    _index_where(_HELD, "ix_event_spans_held", "event_spans", "first_sequence")


def _index_where(where: sa.TextClause, name: str, table: str, column: str, *, unique: bool = False) -> None:
    op.create_index(name, table, [column], unique=unique, sqlite_where=where, postgresql_where=where)
