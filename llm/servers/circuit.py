"""A circuit breaker, which spares a broken server and its callers further tries."""

from collections.abc import Callable
from threading import Lock


class CircuitBreaker:
    """A breaker that opens after several failures in a row and admits one caller after a pause.

    The success of that caller closes it; a failure keeps it open for as long again.
    """

    def __init__(self, failures: int, open_seconds: float, clock: Callable[[], float]) -> None:
        self._allowed_failures = failures
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._open_until = 0.0

    def seconds_until_try(self) -> float:
        """Return 0 if the caller may try now, or the number of seconds in which no caller may."""
        with self._lock:
            now = self._clock()
            if self._failures < self._allowed_failures:
                return 0.0
            if now < self._open_until:
                return self._open_until - now
            self._open_until = now + self._open_seconds  # this caller tries, the others wait for it
            return 0.0

    def succeeded(self) -> None:
        """Record that the server answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Record that the server did not answer, or not correctly."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._allowed_failures:
                self._open_until = self._clock() + self._open_seconds
