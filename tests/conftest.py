"""What holds for every test: no network, no settings of whoever runs it, repeatable random choices."""

import os
import sys
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from fakes.servers.postgresql import NoServerError, PostgresServer
from hypothesis import HealthCheck, settings

# Before anything imports Triton: its kernels run step by step on the CPU. `make test-gpu` says 0.
os.environ.setdefault("TRITON_INTERPRET", "1")
# Test processes beside one another have a core each, and so has everything that they start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shared machine makes a test slow for no reason of its own; pytest's timeout is the limit.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

_OURS = {"VADE_DATA"}
_KILLS = int(os.environ.get("VADE_KILLS", "2"))
_CRASHER_SECONDS = float(os.environ.get("VADE_CRASHER_SECONDS", "20"))
_ALL_CRASH_POINTS = "VADE_ALL_CRASH_POINTS" in os.environ
_ALL_PROBES = "VADE_ALL_PROBES" in os.environ
for _name in [name for name in os.environ if name.startswith("VADE_") and name not in _OURS]:
    del os.environ[_name]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return one process more than there are cores: a test that waits for a disk or a clock needs none."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def kills() -> int:
    """How many times the kill test kills; VADE_KILLS asks for more."""
    return _KILLS


@pytest.fixture(scope="session")
def crasher_seconds() -> float:
    """How long server and ingests are killed under load; VADE_CRASHER_SECONDS asks for more."""
    return _CRASHER_SECONDS


@pytest.fixture(scope="session")
def every_crash_point() -> bool:
    """Whether the crash test ends an ingest at each durable call: VADE_ALL_CRASH_POINTS. Else at a sample."""
    return _ALL_CRASH_POINTS


@pytest.fixture(scope="session")
def every_probe() -> bool:
    """Whether the test of the existence oracle answers each of its probes: VADE_ALL_PROBES. Else a fifth."""
    return _ALL_PROBES


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords be hashed with the least memory and time."""
    from argon2 import PasswordHasher

    from admin.identity import passwords

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_NO_ONES", cheap.hash("no account"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the session."""
    try:
        server = PostgresServer()
    except NoServerError as error:
        pytest.skip(str(error))
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database that holds nothing, on PostgreSQL; empty where it is SQLite in the data folder."""
    if request.param == "sqlite":
        return ""
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.emptied()


def _stay_at_home(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise PermissionError(f"a test must not connect to {address[0]}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


sys.addaudithook(_stay_at_home)
