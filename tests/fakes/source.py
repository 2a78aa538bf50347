"""A source that holds what a test puts into it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.errors import ParseError, SourceError
from ingest.source import Listed

PUBLIC = frozenset({"public"})


@dataclass(frozen=True)
class FakeFile:
    """A document's content and who may read it; without content it cannot be fetched."""

    content: bytes | None
    principals: frozenset[str] = PUBLIC


class FakeSource:
    """Documents by name. `blind` names the parts that a listing cannot look into."""

    def __init__(self, uri: str = "fake:shelf") -> None:
        self.uri = uri
        self.files: dict[str, FakeFile] = {}
        self.blind: dict[str, ParseError] = {}
        self.believe_empty = True

    def put(self, name: str, text: str | bytes | None, *principals: str) -> str:
        """Put a document in, or change it, and return its URI."""
        content = text.encode() if isinstance(text, str) else text
        self.files[name] = FakeFile(content, frozenset(principals) or PUBLIC)
        return f"{self.uri}/{name}"

    def list(self) -> Sequence[Listed]:
        return [
            Listed(f"{self.uri}/{name}", name.rsplit("/", 1)[-1], file.principals)
            for name, file in sorted(self.files.items())
        ]

    def fetch(self, listed: Listed) -> bytes:
        content = self.files[listed.uri.removeprefix(f"{self.uri}/")].content
        if content is None:
            raise ParseError("the file cannot be fetched")
        return content

    def gone(self, known: Collection[str]) -> Sequence[str]:
        if known and not self.files and not self.believe_empty:
            raise SourceError("the listing is empty")
        listed = {entry.uri for entry in self.list()}
        blind = tuple(f"{uri}/" for uri in self.blind)
        return [uri for uri in known if uri not in listed and not uri.startswith(blind)]

    def problems(self) -> Sequence[tuple[str, ParseError]]:
        return tuple(self.blind.items())
