"""Waiting for what gives no event: rows and files of another process, a port that opens.

Where a thread can set an event, or a process can be joined, wait for that instead.
"""

import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

_AGAIN_SECONDS = 0.01


def wait_until(
    holds: Callable[[], object], seconds: float = 60.0, *, runs: Callable[[], object] = lambda: True
) -> None:
    """Return once `holds()`. Raises: AssertionError after `seconds`, or if `runs()` ended before."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert runs(), "it ended before"
        assert time.monotonic() < deadline, f"it did not come about within {seconds:g} s"
        time.sleep(_AGAIN_SECONDS)


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    """Return once a server on this machine accepts connections."""

    def opens() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    wait_until(opens, seconds)


def wait_for_end(pid: int, seconds: float = 20.0) -> None:
    """Return once a process has ended, whoever started it."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], seconds)[0], f"process {pid} still runs after {seconds:g} s"
    finally:
        os.close(process)
