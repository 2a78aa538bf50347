"""The blocks of each version: its headings, paragraphs, list items and rows.

They are not known of the versions that are there. The next ingest reads those in force again, because the
pipeline's name has changed; until then their headings and lists are guessed from the text.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("version", sa.Column("blocks", sa.LargeBinary(), nullable=True))
