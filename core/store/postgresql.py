"""The PostgreSQL database, through pg8000, with the same guarantees as SQLite.

Writers queue for one another here too. A sequence hands out its numbers before their transactions
commit; without the queue a follower could see change 7 before change 6, and miss 6 for ever.
"""

import socket
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from core.errors import SettingsError

# A server that does not accept a connection within this time counts as unreachable.
CONNECT_SECONDS = 1.5
# The advisory lock on which writers queue; the number is arbitrary.
_QUEUE = 0x76616465
# How long a frozen program may hold its transaction, and so block all writers.
_FROZEN_SECONDS = 60
# A connection without an answer for this time is dead; the kernel's own limit is two hours.
_SILENT_SECONDS = 30

# SQLSTATEs after which another try may succeed: serialization failure, deadlock.
_RACES = frozenset({"40001", "40P01"})
# SQLSTATEs that end the connection: its failures, a shutdown, a transaction that was idle for too long.
_ENDS_CONNECTION = ("08", "57P", "25P03")


def make_engine(url: URL, busy_seconds: float) -> Engine:
    """Return an engine whose pool discards dead connections.

    Raises: SettingsError if the driver is not installed.
    """
    milliseconds = {"lock_timeout": busy_seconds, "idle_in_transaction_session_timeout": _FROZEN_SECONDS}
    parameters = {name: str(int(seconds * 1000)) for name, seconds in milliseconds.items()}
    parameters["timezone"] = "UTC"
    try:
        engine = create_engine(
            url.set(drivername="postgresql+pg8000"),
            pool_pre_ping=True,
            pool_timeout=busy_seconds,
            connect_args={"application_name": "vademecum", "startup_params": parameters},
        )
    except ImportError as error:
        raise SettingsError("PostgreSQL needs a driver: pip install 'vademecum[postgresql]'") from error
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "handle_error", _by_state, retval=True)
    return engine


def begin(connection: Connection, writing: bool) -> None:
    """Begin a transaction: a reader sees one state to its end, a writer queues first."""
    if writing:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_QUEUE})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def is_race(error: DBAPIError) -> bool:
    """Return whether a transaction failed only because of a conflict with another one."""
    return _state(error.orig) in _RACES


def is_out_of_range(error: DBAPIError) -> bool:
    """Return whether a number was too large for its column."""
    return _state(error.orig) == "22003"


def reason(error: BaseException | None) -> str:
    """Return the message of the server or the driver."""
    said, fallback = error, error.args[0] if error and error.args else error
    while said is not None:  # if closing the connection fails too, that error hides the server's message
        if said.args and isinstance(said.args[0], dict):
            return str(said.args[0].get("M", said.args[0]))
        said = said.__context__
    cause = error.__cause__ if error else None
    return f"{cause.strerror or cause}" if isinstance(cause, OSError) else str(fallback)


def _connect(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
    """Connect within CONNECT_SECONDS. The queries afterwards have no time limit."""
    try:
        connection = dialect.connect(*arguments, timeout=CONNECT_SECONDS, **parameters)
    except OSError as error:
        raise dialect.loaded_dbapi.InterfaceError("the server does not answer") from error
    # Private to pg8000, which has no other way to limit the time of connecting alone.
    connection._sock, reached = _Wire(connection._sock), connection._usock
    reached.settimeout(None)
    if reached.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_SECONDS)
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _SILENT_SECONDS // 3)
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_SECONDS * 1000)
    return connection


class _Wire:
    """A connection's file, on which a failed read looks like the end: pg8000 only understands the latter."""

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
    """Return an error of the class that fits its SQLSTATE; pg8000's own is nearly always ProgrammingError."""
    state = _state(context.original_exception)
    if not state:
        return None
    context.is_disconnect = context.is_disconnect or state.startswith(_ENDS_CONNECTION)
    kind: type[DBAPIError] = OperationalError
    if state.startswith("23"):
        kind = IntegrityError
    elif state.startswith(("22", "42")):
        kind = ProgrammingError
    translated = kind(context.statement, context.parameters, context.original_exception)
    translated.connection_invalidated = context.is_disconnect
    return translated


def _state(error: BaseException | None) -> str:
    message = error.args[0] if error and error.args else None
    return str(message.get("C", "")) if isinstance(message, dict) else ""
