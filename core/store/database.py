"""The database: engine, sessions and migrations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, Engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from core.errors import InputError, SchemaError, SettingsError, StorageError
from core.store import postgresql, sqlite
from core.text.secrets import redacted

# How long a writer waits for another one before it gives up.
BUSY_SECONDS = 30
# How often work is tried that conflicts with other transactions.
_TRIES = 5
_WRITING = "vade_writing"
_Result = TypeVar("_Result")


class Database:
    """Sessions on the database. Reading sessions never block; writing sessions queue for one another."""

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS) -> None:
        """Prepare the engine without connecting. Raises: SettingsError if the URL is of no known database."""
        self.engine = _engine(url, busy_seconds)
        shown = self.engine.url.render_as_string(hide_password=True)
        self._place = redacted(shown).removeprefix("sqlite:///")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state and cannot write.

        Raises: StorageError if the database cannot be read; InputError if it holds no number as large as one
            that was given.
        """
        with _storage_errors(self._place), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that is committed as a whole at the end, or not at all.

        Raises: StorageError if the database is locked, full or read-only; InputError as `reading`.
        """
        writer = self.engine.execution_options(**{_WRITING: True})
        with (
            _storage_errors(self._place),
            Session(writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def write(self, work: Callable[[Session], _Result]) -> _Result:
        """Return the result of `work` in a writing session; after a conflict with another one, work again.

        Raises: as `writing`.
        """
        for _ in range(_TRIES - 1):
            try:
                with self.writing() as session:
                    return work(session)
            except StorageError as error:
                if not (isinstance(error.__cause__, DBAPIError) and postgresql.is_race(error.__cause__)):
                    raise
        with self.writing() as session:
            return work(session)

    def migrate(self) -> None:
        """Upgrade the schema to this program's revision; a lock keeps two processes from doing so at once.

        A SQLite database is closed to other users.

        Raises: SchemaError if the database is newer than this program; StorageError if it cannot be written;
        SettingsError if others can read it and it cannot be closed.
        """
        if self.engine.dialect.name == "sqlite":
            sqlite.close_files(self.engine.url)
        with _storage_errors(self._place):
            if self._revision() == _head():
                return
            with (
                _migration_lock(self.engine),
                self.engine.execution_options(**{_WRITING: True}).begin() as connection,
            ):
                self._upgrade(connection)

    def empty_log(self) -> None:
        """Move SQLite's write-ahead log into the file and empty it, so that it contains no deleted data.

        Raises: StorageError if the disk refuses the write.
        """
        if self.engine.dialect.name == "sqlite":
            with _storage_errors(self._place), self.engine.connect() as connection:
                connection.rollback()
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
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


def clock(session: Session) -> datetime:
    """Return the time of the database's clock, which all its users share; for SQLite, of this machine's."""
    if session.get_bind().dialect.name == "postgresql":
        now: datetime = session.scalars(select(func.clock_timestamp())).one()
        return now
    return datetime.now(UTC)


def _engine(url: str, busy_seconds: float) -> Engine:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError("the setting database_url is not the URL of a database") from error
    begin: Callable[[Connection, bool], None]
    if parsed.get_backend_name() == "sqlite":
        engine, begin = sqlite.make_engine(url, busy_seconds), sqlite.begin
    elif parsed.get_backend_name() == "postgresql":
        engine, begin = postgresql.make_engine(parsed, busy_seconds), postgresql.begin
    else:
        raise SettingsError(
            f"the setting database_url names {parsed.get_backend_name()}; use SQLite or PostgreSQL"
        )

    def begun(connection: Connection) -> None:
        begin(connection, bool(connection.get_execution_options().get(_WRITING)))

    event.listen(engine, "begin", begun)
    return engine


@contextmanager
def _storage_errors(place: str) -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError) as error:
        if postgresql.is_out_of_range(error):
            raise _out_of_range() from error
        raise  # an error in this program, not in the disk
    except OverflowError as error:  # SQLite's driver
        raise _out_of_range() from error
    except PoolTimeoutError as error:
        raise StorageError(f"the database {place} has no connection to spare; try again") from error
    except DBAPIError as error:
        raise StorageError(
            f"the database {place} refused: {postgresql.reason(error.orig)}; what was committed before is "
            "kept. Repair the cause (the disk, the connection, another program), then try again"
        ) from error


def _out_of_range() -> InputError:
    return InputError("a number is larger than any number or id in the database")


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    # PostgreSQL's writers queue anyway; SQLite's cannot as long as there is no file.
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
