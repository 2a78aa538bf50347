"""Documents inside documents."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A plain addition: a batch would make the table anew, which what points at it forbids.
    op.add_column(
        "document",
        sa.Column(
            "parent_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("document.id", name=op.f("fk_document_parent_id_document")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.create_index(op.f("ix_document_parent_id"), "document", ["parent_id"], unique=False)
