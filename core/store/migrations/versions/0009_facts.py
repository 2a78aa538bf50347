"""What sources and files say of documents, and which takes the place of which."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("document", "version"):
        op.add_column(table, sa.Column("facts", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "succession",
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(4096), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_succession_document_id_document"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "name", name=op.f("pk_succession")),
    )
    op.create_index(op.f("ix_succession_name"), "succession", ["name"], unique=False)
