"""One uploaded file as a source."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from core.errors import FetchError, InputError, TooLargeError
from ingest.connectors.source import Listed, Listing


class UploadSource:
    """A file that a user uploaded; the same name by the same user is the same document."""

    kind = "upload"
    config: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self, user: str, file_name: str, content: bytes, readers: frozenset[str], max_file_bytes: int
    ) -> None:
        name = PurePosixPath(file_name.replace("\\", "/")).name.strip()
        if not name or name in {".", ".."} or not name.isprintable() or len(name) > 255:
            raise InputError("the file needs a name of at most 255 printable characters")
        self.uri = f"upload:{user}"
        self.document_uri = f"{self.uri}/{name}"
        self._name = name
        self._content = content
        self._readers = readers
        self._max_file_bytes = max_file_bytes

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the one file; earlier uploads stay."""
        yield Listing(listed=[Listed(uri=self.document_uri, name=self._name, principals=self._readers)])

    def fetch(self, listed: Listed) -> bytes:
        """Return the file's content.

        Raises: TooLargeError if it is over the limit; FetchError for an earlier upload that was cut off.
        """
        if listed.uri != self.document_uri:
            raise FetchError("the upload was cut off; upload the file again")
        if len(self._content) > self._max_file_bytes:
            raise TooLargeError(f"the file is over the limit of {self._max_file_bytes:,} bytes")
        return self._content

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""
