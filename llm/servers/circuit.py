"""A breaker that spares a broken server, and its callers, further tries."""

from collections.abc import Callable
from threading import Lock


class CircuitBreaker:
    """Opens after some failures in a row; after a while it lets one caller try again.

    That caller's success closes it, its failure keeps it open for as long again.
    """

    def __init__(self, failures: int, open_seconds: float, clock: Callable[[], float]) -> None:
        self._allowed_failures = failures
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._open_until = 0.0

    def seconds_until_try(self) -> float:
        """Return 0 and let the caller try, or return how long nobody should."""
        with self._lock:
            now = self._clock()
            if self._failures < self._allowed_failures:
                return 0.0
            if now < self._open_until:
                return self._open_until - now
            self._open_until = now + self._open_seconds  # this caller tries, the others wait for it
            return 0.0

    def succeeded(self) -> None:
        """Note that the server answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note that the server did not answer as it should."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._allowed_failures:
                self._open_until = self._clock() + self._open_seconds
