"""A client of a model server: time limits, retries, and the meaning of its status codes."""

import random
import time
from collections.abc import Callable
from typing import Any

import httpx

from core.errors import (
    EngineFullError,
    ModelUnavailableError,
    RequestInvalidError,
    ServerDownError,
)
from core.server_settings import ServerSettings
from llm.servers.circuit import CircuitBreaker

_BUSY = frozenset({429, 503})
_WORTH_RETRYING = _BUSY | {500, 502, 504}
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 8.0


class ModelServer:
    """Posts JSON to a server and returns its JSON; safe for use by many threads at once."""

    def __init__(
        self,
        url: str,
        settings: ServerSettings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_seconds, clock)
        self._client = open_client(url, settings)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the answer to `body`; a failed try is repeated.

        Raises: EngineFullError if the server stays busy, ServerDownError while the breaker is open,
        RequestInvalidError if the server refuses the request, ModelUnavailableError for all else.
        """
        for tries in range(1, self._settings.tries + 1):
            wait = self._breaker.seconds_until_try()
            if wait:
                raise ServerDownError(retry_after_seconds=max(1, round(wait)))
            try:
                return self._answer(path, body)
            except (ModelUnavailableError, EngineFullError) as error:
                if tries == self._settings.tries:
                    raise
                self._sleep(pause_seconds(tries, error))
        raise AssertionError("the settings allow no try")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _answer(self, path: str, body: dict[str, Any]) -> Any:
        try:
            response = self._client.post(path, json=body)
            check_response(response)
            said = response.json()
        except (httpx.HTTPError, ValueError) as error:
            self._breaker.failed()
            raise ModelUnavailableError(f"the model server does not answer: {error!r}") from error
        except ModelUnavailableError:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return said


def open_client(url: str, settings: ServerSettings) -> httpx.Client:
    """Return an HTTP client for addresses below `url`; it follows no redirects and uses no proxy."""
    key = settings.api_key.get_secret_value()
    return httpx.Client(
        base_url=url.rstrip("/") + "/",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(settings.silence_seconds, connect=settings.connect_seconds),
        limits=httpx.Limits(max_connections=None),
        follow_redirects=False,
        trust_env=False,
    )


def check_response(response: httpx.Response) -> None:
    """Accept status 200. Raises: EngineFullError, ModelUnavailableError or RequestInvalidError for others."""
    if response.status_code == httpx.codes.OK:
        return
    response.read()
    message = f"the model server answered {response.status_code}: {response.text[:300]}"
    if response.status_code in _BUSY:
        raise EngineFullError(retry_after_seconds=_retry_after(response))
    if response.status_code in _WORTH_RETRYING or response.is_redirect:
        raise ModelUnavailableError(message)
    raise RequestInvalidError(message)


def pause_seconds(tries: int, error: Exception) -> float:
    """Return the pause after the `tries`-th failed try, 1-based, at least as long as a busy server wants."""
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (tries - 1))
    pause = longest * random.uniform(0.5, 1.0)  # noqa: S311 (spreads callers, guards nothing)
    return max(pause, float(error.retry_after_seconds)) if isinstance(error, EngineFullError) else pause


def _retry_after(response: httpx.Response) -> int:
    value = response.headers.get("Retry-After", "")
    return int(value) if value.isdecimal() and len(value) < 6 else 1
