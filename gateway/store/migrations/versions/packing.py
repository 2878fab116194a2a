"""Explanations are kept compressed: a twelfth of what they took.

Those there are stay as they are: to compress years of them would take hours.
"""

import sqlalchemy as sa
from alembic import op
from zstandard import ZstdCompressionDict, ZstdDecompressor, get_frame_parameters

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_AT_ONCE = 10_000
_FIRST_NUMBER = 32_768
_DECISIONS = sa.table(
    "decisions",
    sa.column("decision_id", sa.BigInteger),
    sa.column("body", sa.Text),
    sa.column("packed", sa.LargeBinary),
)


def upgrade() -> None:
    op.add_column("decisions", sa.Column("packed", sa.LargeBinary()))
    op.create_table(
        "compression_dictionaries",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_compression_dictionaries")),
    )


def downgrade() -> None:
    """Write the explanations out again, however long it takes: nothing else knows them."""
    conn = op.get_bind()
    rows = conn.execute(sa.text("SELECT run_id, content FROM compression_dictionaries"))
    readers = {_FIRST_NUMBER + run_id: _reader(content) for run_id, content in rows}
    readers[0] = ZstdDecompressor()
    columns = _DECISIONS.c
    body = sa.bindparam("text", type_=sa.Text())
    written = sa.cast(body, sa.JSON) if conn.dialect.name == "postgresql" else body
    which = columns.decision_id == sa.bindparam("which")
    write = sa.update(_DECISIONS).where(which).values(body=written)
    packed = sa.select(columns.decision_id, columns.packed).where(columns.packed.is_not(None))
    last = 0
    while some := conn.execute(
        packed.where(columns.decision_id > last).order_by(columns.decision_id).limit(_AT_ONCE)
    ).all():
        conn.execute(write, [{"which": number, "text": _text(readers, each)} for number, each in some])
        last = some[-1].decision_id
    op.drop_table("compression_dictionaries")
    op.drop_column("decisions", "packed")


def _reader(content: bytes) -> ZstdDecompressor:
    return ZstdDecompressor(dict_data=ZstdCompressionDict(content))


def _text(readers: dict[int, ZstdDecompressor], packed: bytes) -> str:
    return readers[get_frame_parameters(packed).dict_id].decompress(packed).decode()
