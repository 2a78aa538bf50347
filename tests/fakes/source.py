"""A source that holds what a test puts into it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.errors import FetchError, ParseError
from ingest.connectors.source import Listed, Listing
from ingest.connectors.upload import HandedIn, UploadSource, usable_name

PUBLIC = frozenset({"public"})


@dataclass(frozen=True)
class FakeFile:
    """A document's content and who may read it; without content it cannot be fetched."""

    content: bytes | None
    principals: frozenset[str] = PUBLIC


class FakeSource:
    """Documents by name.

    `blind` names the parts that a listing cannot look into, `limits` who may go on reading what is there, and
    `away` documents that cannot be fetched
    now. With `stamped` it knows what changed without giving the content.
    """

    kind = "fake"
    config: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, uri: str = "fake:shelf", stamped: bool = False) -> None:
        self.uri = uri
        self.stamped = stamped
        self.files: dict[str, FakeFile] = {}
        self.blind: dict[str, ParseError] = {}
        self.limits: dict[str, frozenset[str]] = {}
        self.away: set[str] = set()
        self.fetched: list[str] = []

    def put(self, name: str, text: str | bytes | None, *principals: str) -> str:
        """Put a document in, or change it, and return its URI."""
        content = text.encode() if isinstance(text, str) else text
        self.files[name] = FakeFile(content, frozenset(principals) or PUBLIC)
        return f"{self.uri}/{name}"

    def listings(self, cursor: str) -> Iterator[Listing]:
        listed = [
            Listed(
                uri=f"{self.uri}/{name}",
                name=name.rsplit("/", 1)[-1],
                principals=file.principals,
                stamp=self._stamp(file),
            )
            for name, file in sorted(self.files.items())
        ]
        yield Listing(
            listed=listed,
            unreadable=tuple(self.blind.items()),
            limits=tuple(self.limits.items()),
            complete=True,
        )

    def fetch(self, listed: Listed) -> bytes:
        name = listed.uri.removeprefix(f"{self.uri}/")
        self.fetched.append(name)
        if name in self.away:
            raise FetchError("the shelf is locked")
        content = self.files[name].content
        if content is None:
            raise ParseError("the file cannot be fetched")
        return content

    def close(self) -> None:
        self.fetched.clear()

    def _stamp(self, file: FakeFile) -> str:
        return hashlib.sha256(file.content or b"").hexdigest() if self.stamped else ""


def upload_of(user: str, name: str, content: bytes, readers: frozenset[str]) -> UploadSource:
    """Return one uploaded file as a source, without the queue. Raises: InputError."""
    return UploadSource(user, [HandedIn(usable_name(name), readers, lambda: content)])
