"""PostgreSQL as the truth, through pg8000: the same promises that SQLite gives.

Writers queue for one another here too. A sequence hands out its numbers before their transactions
commit; without the queue a follower could meet change 7 before change 6, and miss 6 for ever.
"""

import socket
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from core.errors import SettingsError

# A server that does not take a connection by then is told to be away.
CONNECT_SECONDS = 1.5
# Where one writer after the other stands in line; the number is arbitrary, the lock the database's own.
_QUEUE = 0x76616465
# How long a frozen program may keep its transaction, and so all writers, from going on.
_FROZEN_SECONDS = 60
# A network that answers nothing for so long is gone; nobody waits for the kernel's two hours.
_SILENT_SECONDS = 30

# SQLSTATE: what another try may bring about (serialization failure, deadlock).
_RACES = frozenset({"40001", "40P01"})
# And what ends the connection: failures of it, a shutdown, a transaction that was idle for too long.
_ENDS_CONNECTION = ("08", "57P", "25P03")


def make_engine(url: URL, busy_seconds: float) -> Engine:
    """Return an engine whose pool throws dead connections away.

    Raises: SettingsError if the driver is not installed.
    """
    milliseconds = {"lock_timeout": busy_seconds, "idle_in_transaction_session_timeout": _FROZEN_SECONDS}
    told = {name: str(int(seconds * 1000)) for name, seconds in milliseconds.items()}
    told["timezone"] = "UTC"
    try:
        engine = create_engine(
            url.set(drivername="postgresql+pg8000"),
            pool_pre_ping=True,
            pool_timeout=busy_seconds,
            connect_args={"application_name": "vademecum", "startup_params": told},
        )
    except ImportError as error:
        raise SettingsError("PostgreSQL needs a driver: pip install 'vademecum[postgresql]'") from error
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "handle_error", _by_state, retval=True)
    return engine


def begin(connection: Connection, writing: bool) -> None:
    """Begin a transaction: a reader sees one state to its end, a writer stands in line first."""
    if writing:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_QUEUE})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def is_race(error: DBAPIError) -> bool:
    """Return whether a transaction was undone only because another one came in between."""
    return _state(error.orig) in _RACES


def reason(error: BaseException | None) -> str:
    """Return what the server or the driver said, in words."""
    said, told = error, error.args[0] if error and error.args else error
    while said is not None:  # a farewell that fails too hides what the server said before it
        if said.args and isinstance(said.args[0], dict):
            return str(said.args[0].get("M", said.args[0]))
        said = said.__context__
    cause = error.__cause__ if error else None
    return f"{cause.strerror or cause}" if isinstance(cause, OSError) else str(told)


def _connect(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
    """Connect within a time that a person will wait; from then on a query may take as long as it takes."""
    try:
        connection = dialect.connect(*arguments, timeout=CONNECT_SECONDS, **parameters)
    except OSError as error:
        raise dialect.loaded_dbapi.InterfaceError("the server does not answer") from error
    # Private to pg8000, which has no other way to bound the beginning alone.
    connection._sock, reached = _Wire(connection._sock), connection._usock
    reached.settimeout(None)
    if reached.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_SECONDS)
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _SILENT_SECONDS // 3)
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_SECONDS * 1000)
    return connection


class _Wire:
    """A connection's file. pg8000 takes a read that gives nothing for the end, but not one that fails."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._file.read(size))
        except OSError:
            return b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _by_state(context: ExceptionContext) -> DBAPIError | None:
    """Return an error of the kind that its SQLSTATE says; pg8000 calls nearly all of them our mistake."""
    state = _state(context.original_exception)
    if not state:
        return None
    context.is_disconnect = context.is_disconnect or state.startswith(_ENDS_CONNECTION)
    kind: type[DBAPIError] = OperationalError
    if state.startswith("23"):
        kind = IntegrityError
    elif state.startswith(("22", "42")):
        kind = ProgrammingError
    sorted_out = kind(context.statement, context.parameters, context.original_exception)
    sorted_out.connection_invalidated = context.is_disconnect
    return sorted_out


def _state(error: BaseException | None) -> str:
    told = error.args[0] if error and error.args else None
    return str(told.get("C", "")) if isinstance(told, dict) else ""
