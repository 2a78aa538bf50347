"""HTTP for sources: bounded in size, time, hops and tries, polite, and only to allowed addresses."""

import email.utils
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx

from core.errors import FetchError, InputError, ParseError, TooLargeError
from core.settings import ConnectorSettings
from core.text.secrets import redacted
from ingest.connectors.http.guard import AddressGuard, checked_url
from ingest.connectors.http.transport import Deadline, GuardedBackend, guarded_pool

Sign = Callable[[str, httpx.URL, Mapping[str, str], bytes], Mapping[str, str]]
"""Returns the headers that authenticate a request, for its method, URL, headers and content."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_COME_BACK = frozenset({429, 502, 503, 504})
_MOST_HOPS = 5
_MOST_TRIES = 4
_LONGEST_WAIT_SECONDS = 120.0
# HTML compresses about tenfold, a table of zeros a thousandfold; small responses may.
_MOST_PACKED = 200
_SMALL_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response with its content."""

    status: int
    headers: Mapping[str, str]
    """Names are lower case."""
    content: bytes
    url: str
    """The URL of the last hop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    wants_content: Callable[[int, Mapping[str, str]], bool] = lambda status, headers: True
    """Decides by status and headers whether the content is read."""
    follow: bool = True
    """Follow redirects."""


def unsigned(method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> Mapping[str, str]:
    """Return no headers: the request is anonymous."""
    return {}


class WebClient:
    """A client for web servers; several threads may send requests at once.

    `sign` is used for the origin of the first hop only, so a redirect cannot pass a password on to
    another server. `delay_seconds` lie between the beginnings of two requests.
    """

    def __init__(
        self,
        settings: ConnectorSettings,
        max_bytes: int,
        sign: Sign = unsigned,
        delay_seconds: float = 0.0,
        backend: Callable[[Deadline], GuardedBackend] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._max_bytes = max_bytes
        self._sign = sign
        self.delay_seconds = delay_seconds
        self._sleep = sleep
        self._deadline = Deadline()
        guard = AddressGuard(settings.allow_networks)
        made = backend(self._deadline) if backend else GuardedBackend(guard, self._deadline)
        self._pool = guarded_pool(made, httpx.create_ssl_context())
        self._lock = threading.Lock()
        self._free_at = 0.0

    def send(self, request: Request) -> Response:
        """Return the response with any status but 429, 502, 503 and 504: after those it tries again.

        Raises: FetchError if there is no response in time; RefusedAddressError; TooLargeError;
        ParseError if redirects lead in circles or to an address that is not a web server's.
        """
        for attempt in range(_MOST_TRIES):
            last = attempt == _MOST_TRIES - 1
            try:
                response = self._follow(request)
            except FetchError:
                if last:
                    raise
                self._sleep(2.0**attempt)
                continue
            if response.status not in _COME_BACK:
                return response
            wait = _wait_seconds(response.headers.get("retry-after"), 2.0**attempt)
            if last or wait > _LONGEST_WAIT_SECONDS:
                raise FetchError(
                    f"the server answered {response.status} and asks to come back in {wait:.0f} s"
                )
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Close connections."""
        self._pool.close()

    def _follow(self, request: Request) -> Response:
        url = home = _url(request.url)
        for _ in range(_MOST_HOPS + 1):
            response = self._once(request, url, signed=_origin(url) == _origin(home))
            target = response.headers.get("location")
            if response.status not in _REDIRECTS or not target or not request.follow:
                return response
            url = _next(url, target)
        raise ParseError(f"the server leads through more than {_MOST_HOPS} addresses")

    def _once(self, request: Request, url: httpx.URL, signed: bool) -> Response:
        headers = {
            "Host": url.netloc.decode("ascii"), "User-Agent": self._settings.user_agent,
            "Accept-Encoding": "gzip", **request.headers,
        }  # fmt: skip
        if signed:
            headers.update(self._sign(request.method, url, headers, request.content))
        if request.content:
            headers["Content-Length"] = str(len(request.content))
        self._take_turn()
        self._deadline.at = time.monotonic() + self._settings.request_seconds
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )  # fmt: skip
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._settings.silence_seconds)
        try:
            with self._pool.stream(
                request.method, target, headers=list(headers.items()), content=request.content or None,
                extensions={"timeout": timeout},
            ) as response:  # fmt: skip
                return self._read(request, url, response)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError(f"{url.host} does not answer: {_words(error)}") from error
        finally:
            self._deadline.at = float("inf")

    def _read(self, request: Request, url: httpx.URL, response: httpcore.Response) -> Response:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
        }
        wanted = response.status not in _REDIRECTS and request.wants_content(response.status, headers)
        content = self._content(headers, response.iter_stream()) if wanted else b""
        return Response(status=response.status, headers=headers, content=content, url=str(url))

    def _content(self, headers: Mapping[str, str], stream: Iterator[bytes]) -> bytes:
        said = headers.get("content-length", "")
        if said.isdecimal() and int(said) > self._max_bytes:
            raise TooLargeError(f"the server has {int(said):,} bytes; the limit is {self._max_bytes:,}")
        encoding = headers.get("content-encoding", "identity").lower()
        if encoding not in {"identity", "gzip", "x-gzip"}:
            raise FetchError(f"the server compresses its answer as {encoding!r}, which was not requested")
        return bounded(stream, self._max_bytes, packed=encoding != "identity")

    def _take_turn(self) -> None:
        if not self.delay_seconds:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._free_at)
            self._free_at = turn + self.delay_seconds
        self._sleep(turn - now)


def bounded(stream: Iterator[bytes], max_bytes: int, packed: bool) -> bytes:
    """Return a stream's bytes, unpacked by gzip if `packed`.

    Raises: TooLargeError beyond the limit, or if it unpacks to many times its size; FetchError if it
    is cut off.
    """
    unpacker = zlib.decompressobj(wbits=31) if packed else None
    parts: list[bytes] = []
    came, size = 0, 0
    for chunk in stream:
        came += len(chunk)
        try:
            part = unpacker.decompress(chunk, max_bytes - size + 1) if unpacker else chunk
        except zlib.error as error:
            raise FetchError("the server's answer is damaged") from error
        size += len(part)
        if size > max_bytes or (size > _SMALL_BYTES and size > _MOST_PACKED * came):
            raise TooLargeError(f"the answer is over the limit of {max_bytes:,} bytes, or a compression bomb")
        parts.append(part)
    if unpacker and came and not unpacker.eof:
        raise FetchError("the server's answer was cut off")
    return b"".join(parts)


def _url(text: str) -> httpx.URL:
    try:
        return checked_url(text)
    except InputError as error:
        raise ParseError(str(error)) from error


def _next(url: httpx.URL, target: str) -> httpx.URL:
    try:
        following = url.join(target)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ParseError(f"the server leads to {redacted(target)[:200]!r}, which is not a URL") from error
    if url.scheme == "https" and following.scheme != "https":
        raise ParseError("the server redirects from https to an unencrypted connection")
    return _url(str(following))


def _origin(url: httpx.URL) -> tuple[Any, ...]:
    return url.scheme, url.host, url.port


def _wait_seconds(header: str | None, otherwise: float) -> float:
    """Return the seconds that a Retry-After header asks for, as seconds or a date (RFC 9110, 10.2.3)."""
    if header and header.strip().isdecimal():
        return float(header)
    try:
        at = email.utils.parsedate_to_datetime(header or "")
    except ValueError:
        return otherwise
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
