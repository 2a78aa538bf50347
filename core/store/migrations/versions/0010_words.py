"""Columns and a table in the words that the code speaks; nothing else changes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, old, new in (
        ("version", "standing", "gate_state"),
        ("embedder", "standing", "role"),
        ("document", "facts", "source_metadata"),
        ("version", "facts", "file_metadata"),
    ):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.drop_index(op.f("ix_version_standing"), table_name="version")
    op.create_index(op.f("ix_version_gate_state"), "version", ["gate_state"], unique=False)
    op.create_table(
        "supersession",
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(4096), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_supersession_document_id_document"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "name", name=op.f("pk_supersession")),
    )
    op.create_index(op.f("ix_supersession_name"), "supersession", ["name"], unique=False)
    op.execute("INSERT INTO supersession (document_id, name) SELECT document_id, name FROM succession")
    op.drop_table("succession")
