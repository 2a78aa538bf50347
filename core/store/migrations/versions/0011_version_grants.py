"""The readers of each version, beside those of its document.

The readers that older versions had is not known any more, so that they are closed: no one may read them
through the program. The versions in force, and those that wait behind a gate, have the readers of their
document. A version that is kept for a rollback is closed too: promote again, or ingest its file anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "version_grant",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("principal", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["version.id"],
            name=op.f("fk_version_grant_version_id_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "principal", name=op.f("pk_version_grant")),
    )
    op.execute(
        "INSERT INTO version_grant (version_id, principal) "
        "SELECT version.id, document_grant.principal FROM version "
        "JOIN document_grant ON document_grant.document_id = version.document_id "
        "WHERE version.tombstoned_at IS NULL OR version.gate_state IN ('waiting', 'withdrawn')"
    )
