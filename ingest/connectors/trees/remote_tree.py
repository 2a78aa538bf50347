"""The common base of S3 and WebDAV: a tree of files on a server."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from core.errors import FetchError, ParseError, TooLargeError
from core.settings import IngestSettings
from ingest.connectors.http.client import Response, Sign, WebClient
from ingest.connectors.listing import in_parts, naming_source
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Listed, Listing
from ingest.connectors.trees.rules import TreeRules, is_document, listed
from ingest.uris import escaped


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file by its path below the source, with the stamp of its state on the server."""

    path: str
    stamp: str


class TreeSource(ABC):
    """Lists a tree as a whole, so that `.vade.yaml` files are known before the files that they rule."""

    kind: str

    def __init__(self, uri: str, options: SourceOptions, settings: IngestSettings, sign: Sign) -> None:
        self.uri = escaped(uri.rstrip("/"))
        self._config = options.config
        self._readers = options.readers
        self._client = WebClient(settings.connectors, settings.max_file_bytes, sign)
        self._problems: list[tuple[str, ParseError]] = []
        self._unlisted: list[str] = []

    @property
    def config(self) -> Mapping[str, Any]:
        """The address and the default readers."""
        return self._config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the files in order of their path.

        Raises: SourceError if the server fails.
        """
        self._problems.clear()
        self._unlisted.clear()
        with naming_source(self.uri):
            files = {file.path: file for file in self._files()}
            rules = TreeRules(files, self._read, self._uri, self._readers)
        limits = [(self._uri(folder), rules.of(f"{folder}/x").readers) for folder in self._unlisted]
        yield Listing(gone=rules.not_documents, limits=limits)
        yield from in_parts(
            (
                listed(self._uri(path), path, files[path].stamp, rules.of(path))
                for path in sorted(files)
                if is_document(path)
            ),
            (*self._problems, *rules.problems),
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a file's content. Raises: FetchError; TooLargeError; ParseError."""
        return self._read(unquote(listed.uri.removeprefix(f"{self.uri}/"), errors="surrogateescape"))

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    @abstractmethod
    def _files(self) -> Iterator[RemoteFile]:
        """Yield all files. Raises: FetchError; ParseError."""

    @abstractmethod
    def _read(self, path: str) -> bytes:
        """Return a file's content. Raises: FetchError; TooLargeError; ParseError."""

    def _uri(self, path: str) -> str:
        return f"{self.uri}/{escaped(path)}"


def content_of(response: Response) -> bytes:
    """Return the content of the response to a GET. Raises: FetchError; TooLargeError."""
    if response.status == 200:
        return response.content
    if response.status == 413:
        raise TooLargeError()
    raise FetchError(f"the server answered {response.status}")
