"""Embedders beside the first: each role is one of a leg, and a leg may embed some languages only.

The table is made anew with its three rows at most: a primary key cannot be changed in SQLite.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BEFORE = ("role", "model_id", "dimension", "config", "since")


def upgrade() -> None:
    before = sa.table(
        "embedder",
        *(sa.column(name) for name in _BEFORE[:-1]),
        sa.column("since", sa.DateTime(timezone=True)),
    )
    rows = [dict(row) for row in op.get_bind().execute(sa.select(before)).mappings()]
    op.drop_table("embedder")
    after = op.create_table(
        "embedder",
        sa.Column("leg", sa.String(16), server_default="", nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("model_id", sa.String(255), nullable=False),
        sa.Column("dimension", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), server_default="", nullable=False),
        sa.Column("weight", sa.Double(), server_default="1", nullable=False),
        sa.Column("levels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("leg", "role", name=op.f("pk_embedder")),
    )
    if rows:
        op.bulk_insert(after, rows)
