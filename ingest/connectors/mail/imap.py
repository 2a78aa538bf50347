"""A mailbox on an IMAP server (RFC 9051, and 3501 before it)."""

import contextlib
import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import model_validator

from core.errors import FetchError, InputError, TooLargeError
from core.settings import IngestSettings
from ingest.connectors.http.guard import AddressGuard, check_host
from ingest.connectors.listing import in_parts, naming_source
from ingest.connectors.options import SecretOptions
from ingest.connectors.source import Listed, Listing
from ingest.uris import escaped

_PORTS = {"imap": 143, "imaps": 993}
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\U0010ffff]")
# A line of the protocol; only a message's own bytes may be more.
_MOST_LITERAL_BYTES = 2**20
_Result = TypeVar("_Result")


class ImapOptions(SecretOptions):
    """The options of an IMAP source: server and mailbox as in `imaps://mail.example/INBOX`, and the login."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
            raise ValueError("write imaps://SERVER/MAILBOX, and user= and password_env= beside it")
        if _UNSAFE.search(self.mailbox):
            raise ValueError(
                "a mailbox's name is written as the server has it, in plain ASCII (modified UTF-7)"
            )
        try:
            check_host(parts.hostname)
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def mailbox(self) -> str:
        """The mailbox's name."""
        return unquote(urlsplit(self.url).path.strip("/")) or "INBOX"


class ImapSource:
    """The messages of one mailbox that are not marked as deleted; reading does not mark them as seen.

    Every listing is complete: a server gives the numbers of all messages in one line. A message never
    changes; its number is valid as long as the mailbox's UIDVALIDITY, which the stamp names.
    """

    kind = "imap"

    def __init__(self, options: ImapOptions, settings: IngestSettings, folder: Path) -> None:
        self._options = options
        self._settings = settings.connectors
        self._max_bytes = settings.max_file_bytes
        self._password = options.password()
        self._guard = AddressGuard(settings.connectors.allow_networks)
        self._lock = threading.Lock()
        self._client: imaplib.IMAP4 | None = None
        self._validity = ""
        parts = urlsplit(options.url)
        who = f"{options.user}@" if options.user else ""
        self.uri = escaped(f"{parts.scheme}://{who}{parts.netloc}/{options.mailbox}")

    @property
    def config(self) -> Mapping[str, Any]:
        """The mailbox, and the readers of its messages."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the messages in order of their numbers. Raises: SourceError if the server fails."""
        with naming_source(self.uri), self._lock:
            uids = self._tried(self._uids)
        yield from in_parts(
            Listed(
                uri=f"{self.uri}/{uid}",
                name=f"{uid}.eml",
                principals=self._options.readers,
                stamp=f"{self._validity} {uid}",
            )
            for uid in uids
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a message, without marking it.

        Raises: FetchError if it cannot be fetched, or the mailbox was renumbered; TooLargeError.
        """
        validity, _, uid = listed.stamp.partition(" ")
        if not uid.isdecimal():
            raise FetchError("the number of the message is not known; it comes with the next listing")
        with self._lock:
            return self._tried(lambda client: self._message(client, validity, uid))

    def close(self) -> None:
        """Log out."""
        with self._lock:
            self._drop()

    def _uids(self, client: imaplib.IMAP4) -> Sequence[int]:
        found = _good(client.uid("SEARCH", "UNDELETED"))
        return sorted({int(number) for line in found if isinstance(line, bytes) for number in line.split()})

    def _message(self, client: imaplib.IMAP4, validity: str, uid: str) -> bytes:
        if validity != self._validity:
            raise FetchError("the mailbox was renumbered; the message comes with the next listing")
        answer = _good(client.uid("FETCH", uid, "(RFC822.SIZE)"))
        size = next(
            (int(m[1]) for line in answer if isinstance(line, bytes) and (m := _SIZE.search(line))), None
        )
        if size is None:
            raise FetchError("the message no longer exists")
        if size > self._max_bytes:
            raise TooLargeError(f"the message has {size:,} bytes; the limit is {self._max_bytes:,}")
        for part in _good(client.uid("FETCH", uid, "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                return bytes(part[1])
        raise FetchError("the message no longer exists")

    def _tried(self, ask: Callable[[imaplib.IMAP4], _Result]) -> _Result:
        """Send a request, over a new connection if the open one is broken. Raises: FetchError."""
        for last in (False, True):
            try:
                return ask(self._connected())
            except (imaplib.IMAP4.abort, OSError) as error:  # a server closes idle connections
                self._drop()
                if last:
                    raise FetchError(f"the mail server does not answer: {error}") from error
            except (imaplib.IMAP4.error, ValueError) as error:
                self._drop()
                raise FetchError(f"the mail server says: {error}"[:300]) from error
        raise AssertionError("the last try returns or raises")

    def _connected(self) -> imaplib.IMAP4:
        if self._client is None:
            client = _GuardedImap(
                self._options.url, self._guard, self._settings.silence_seconds, self._max_bytes
            )
            self._client = client
            if not client.is_encrypted:
                client.encrypt()
            _good(client.login(self._options.user, self._password))
            quoted = self._options.mailbox.replace("\\", "\\\\").replace('"', '\\"')
            _good(client.select(f'"{quoted}"', readonly=True))
            [validity] = client.response("UIDVALIDITY")[1] or [None]
            self._validity = validity.decode("ascii", "replace") if isinstance(validity, bytes) else "0"
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            for leave in (client.logout, client.shutdown):  # the second in case that the first fails
                with contextlib.suppress(imaplib.IMAP4.error, OSError, ValueError):
                    leave()


class _GuardedImap(imaplib.IMAP4):
    """Connects to an address that the guard has judged, and accepts a limited number of bytes at once."""

    def __init__(self, url: str, guard: AddressGuard, seconds: float, max_bytes: int) -> None:
        parts = urlsplit(url)
        self.is_encrypted = parts.scheme == "imaps"
        self._guard = guard
        self._most = max(max_bytes, _MOST_LITERAL_BYTES)
        super().__init__(parts.hostname or "", parts.port or _PORTS[parts.scheme], timeout=seconds)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        address = self._guard.addresses(self.host, self.port)[0]
        connection = socket.create_connection((address, self.port), timeout)
        if not self.is_encrypted:
            return connection
        return ssl.create_default_context().wrap_socket(connection, server_hostname=self.host)

    def encrypt(self) -> None:
        """Continue encrypted, unless the server runs on this machine and offers no encryption.

        Raises: imaplib.IMAP4.error if another server offers none: then no password is sent.
        """
        if "STARTTLS" in self.capabilities:
            self.starttls(ssl.create_default_context())
        elif not ip_address(self.sock.getpeername()[0]).is_loopback:
            raise self.error("it offers no encryption, so no password is sent; use imaps://")

    def read(self, size: int) -> bytes:
        if size > self._most:
            raise self.error(f"it sends {size:,} bytes, more than the limit")
        return super().read(size)


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        words = b" ".join(part for part in data if isinstance(part, bytes)).decode("utf-8", "replace")
        raise imaplib.IMAP4.error(words or status)
    return data
