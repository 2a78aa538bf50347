"""The SQLite database: one file, whose writers queue for one another and whose readers never wait."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from core.data_folder import close_to_others

_BESIDE = ("-wal", "-shm", "-journal")


def make_engine(url: str, busy_seconds: float) -> Engine:
    """Return an engine whose connections never lose an acknowledged write."""
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False})
    event.listen(engine, "connect", _configure)
    return engine


def close_files(url: URL) -> None:
    """Make sure that only their owner can read the database and the files beside it, as its log.

    SQLite gives these files the rights of the database itself, so a new database is made closed.

    Raises: SettingsError if anyone can read them and they are another user's.
    """
    if not url.database or url.database.startswith((":memory:", "file:")):
        return
    path = Path(url.database)
    # SQLite loses its locks if a file that it holds is opened and closed: only a new one is.
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    for one in (path, *(path.with_name(path.name + ending) for ending in _BESIDE)):
        with suppress(FileNotFoundError, NotADirectoryError):  # SQLite says why it cannot be made
            close_to_others(one)


def begin(connection: Connection, writing: bool) -> None:
    """Begin a transaction. A writer takes its lock at once: in WAL mode it could not wait for it later."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _configure(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # `begin` above issues BEGIN instead
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # acknowledged writes survive a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # deleted data are overwritten, not only unlinked
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")
