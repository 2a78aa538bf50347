"""SQLite as the truth: one file, whose writers queue for one another and whose readers never wait."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event


def make_engine(url: str, busy_seconds: float) -> Engine:
    """Return an engine whose connections lose nothing that was acknowledged."""
    engine = create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False})
    event.listen(engine, "connect", _configure)
    return engine


def begin(connection: Connection, writing: bool) -> None:
    """Begin a transaction. A writer takes its lock now: in WAL mode one taken later cannot be waited for."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _configure(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, above
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was acknowledged survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # what was deleted is overwritten, not only forgotten
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")
