"""Alembic's migrations, run by `core.store.database`."""
