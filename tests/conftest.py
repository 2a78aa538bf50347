"""What holds for every test: no network, no settings of whoever runs it, repeatable random choices."""

import itertools
import os
import sys
from collections.abc import Iterable
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, settings

# A shared machine makes a test slow for no reason of its own; pytest's timeout is the limit.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

_OURS = {"VADE_DATA"}
_KILLS = int(os.environ.get("VADE_KILLS", "2"))
_ALL_CRASH_POINTS = "VADE_ALL_CRASH_POINTS" in os.environ
for _name in [name for name in os.environ if name.startswith("VADE_") and name not in _OURS]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def kills() -> int:
    """How many times the kill test kills; VADE_KILLS asks for more."""
    return _KILLS


@pytest.fixture(scope="session")
def crash_points() -> Iterable[int]:
    """At which durable calls the crash test kills: a sample, or with VADE_ALL_CRASH_POINTS each one."""
    return itertools.count(1) if _ALL_CRASH_POINTS else range(3, 30, 9)


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
