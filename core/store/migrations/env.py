"""Alembic's entry: migrates over the connection that `Database.migrate` hands in."""

from alembic import context

from core.store.identity import tables  # noqa: F401 (adds the tables of accounts)
from core.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
