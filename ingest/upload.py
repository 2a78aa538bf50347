"""One uploaded file as a source."""

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from core.errors import InputError, ParseError, TooLargeError
from ingest.source import Listed


class UploadSource:
    """A file that a user handed in. The same name by the same user is the same document."""

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

    def list(self) -> Sequence[Listed]:
        """Return the one file."""
        return [Listed(self.document_uri, self._name, self._readers)]

    def fetch(self, listed: Listed) -> bytes:
        """Return its content."""
        if len(self._content) > self._max_file_bytes:
            raise TooLargeError(f"the file is over the limit of {self._max_file_bytes:,} bytes")
        return self._content

    def gone(self, known: Collection[str]) -> Sequence[str]:
        """Return nothing: an upload says nothing about earlier ones."""
        return ()

    def problems(self) -> Sequence[tuple[str, ParseError]]:
        """Return nothing: there is nothing to look into."""
        return ()
