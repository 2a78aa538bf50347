"""The SQLite database: one file, whose writers queue for one another and whose readers never wait."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event


def make_engine(url: str, busy_seconds: float) -> Engine:
    """Return an engine whose connections never lose an acknowledged write."""
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False})
    event.listen(engine, "connect", _configure)
    return engine


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
