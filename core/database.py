"""The database: engine, sessions and migrations."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from core.errors import SchemaError, StorageError

# How long a writer waits for another one before it gives up.
BUSY_SECONDS = 30
_WRITING = "vade_writing"


class Database:
    """Sessions on the truth. Reading sessions never block; writing sessions queue for one another."""

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = url
        self.engine = _engine(url, busy_seconds)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state and writes nothing.

        Raises: StorageError if the database cannot be read.
        """
        with _storage_errors(self.url), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that is committed whole at the end, or not at all.

        Raises: StorageError if the database is locked, full or read-only.
        """
        writer = self.engine.execution_options(**{_WRITING: True})
        with _storage_errors(self.url), Session(writer, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Bring the schema up to this program's; two processes do not do it at once.

        Raises: SchemaError if the database is newer than this program; StorageError if it cannot be written.
        """
        with _storage_errors(self.url):
            if self._revision() == _head():
                return
            with (
                _migration_lock(self.engine),
                self.engine.execution_options(**{_WRITING: True}).begin() as connection,
            ):
                self._upgrade(connection)

    def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the file and empty it, so that nothing deleted stands in it.

        Raises: StorageError if the disk does not take it.
        """
        if self.engine.dialect.name == "sqlite":
            with _storage_errors(self.url), self.engine.connect() as connection:
                connection.rollback()
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _revision(self) -> str | None:
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def _upgrade(self, connection: Connection) -> None:
        config = _alembic_config()
        revision = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if revision is not None and revision not in known:
            raise SchemaError()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str, busy_seconds: float) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was acknowledged survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # what was deleted is overwritten, not only forgotten
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at the start: a lock taken half-way cannot be waited for in WAL mode.
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _storage_errors(url: str) -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise  # a mistake of ours, not of the disk
    except DatabaseError as error:
        place = url.removeprefix("sqlite:///")
        raise StorageError(
            f"the database {place} refused: {error.orig}; what was committed before is kept. "
            "Free the disk or end the other program, then run the same command again"
        ) from error


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    if engine.url.database is None or engine.dialect.name != "sqlite":
        yield
        return
    with FileLock(f"{engine.url.database}.migrate.lock", timeout=BUSY_SECONDS):
        yield


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _head() -> str | None:
    return ScriptDirectory.from_config(_alembic_config()).get_current_head()
