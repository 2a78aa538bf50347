"""Until when a source's permissions count."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("readers_until", sa.DateTime(timezone=True), nullable=True))
