"""Limits on attempts to sign in, so that no password can be guessed."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from core.errors import TooManyAttemptsError

_MINUTES = 5
# At one account from one place; at one account from everywhere; failures from one place, which may be a
# proxy with a whole company behind it.
_OF_PAIR = RateLimitItemPerMinute(10, _MINUTES, "pair")
_OF_NAME = RateLimitItemPerMinute(100, _MINUTES, "name")
_OF_ADDRESS = RateLimitItemPerMinute(100, _MINUTES, "address")


class Attempts:
    """Counts the attempts of the last minutes, in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, name: str, address: str) -> None:
        """Count an attempt at an account. Raises: TooManyAttemptsError, whether there is one or not."""
        allowed = self._limiter.test(_OF_ADDRESS, address) and self._limiter.hit(_OF_PAIR, name, address)
        if not (allowed and self._limiter.hit(_OF_NAME, name)):
            raise TooManyAttemptsError(retry_after_seconds=_MINUTES * 60)

    def failed(self, address: str) -> None:
        """Count a failure from one place."""
        self._limiter.hit(_OF_ADDRESS, address)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the attempts at an account from one place: somebody has signed in."""
        self._limiter.clear(_OF_PAIR, name, address)
