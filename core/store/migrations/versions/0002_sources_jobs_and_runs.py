"""Sources that can be opened again, jobs and runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Plain additions: a batch would make these tables anew, which what points at them forbids.
    for name, kind, default in (
        ("kind", sa.String(length=32), ""),
        ("config", sa.Text(), "{}"),
        ("cursor", sa.Text(), ""),
        ("scheduled", sa.Boolean(), sa.false()),
    ):
        op.add_column("source", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("document", sa.Column("stamp", sa.String(length=255), nullable=False, server_default=""))

    op.create_table(
        "job",
        sa.Column("id", _INTEGER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=4096), nullable=False),
        sa.Column("source_id", _INTEGER, nullable=False),
        sa.Column("run_id", _INTEGER, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("priority", _INTEGER, nullable=False),
        sa.Column("attempts", _INTEGER, nullable=False),
        sa.Column("not_before", _MOMENT, nullable=False),
        sa.Column("token", _INTEGER, nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("leased_until", _MOMENT, nullable=True),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_job_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_job_kind")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_source_id"), ["source_id"], unique=False)
        batch_op.create_index("ix_job_line", ["state", "priority", "not_before"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", _INTEGER, nullable=False),
        sa.Column("source_id", _INTEGER, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_run_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_source_id"), ["source_id"], unique=False)
