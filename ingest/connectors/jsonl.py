"""Documents as lines of JSON: a stream from another program, or a file that it writes every night.

Each line is `{"uri", "title", "text" | "path", "acl", "meta"}`, as the fields of `Line` explain.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core import disk
from core.errors import FetchError, InputError, ParseError, SourceError, StorageError, TooLargeError
from core.permissions import principal
from core.settings import IngestSettings
from core.values.metadata import metadata_of
from ingest.connectors.options import SourceOptions, first_problem
from ingest.connectors.source import Listed, Listing
from ingest.connectors.trees.rules import owners
from ingest.uris import file_uri

# One part of a listing is one transaction.
_AT_ONCE = 500
# The rest of a line besides its text: names, principals, escapes of every character.
_LINE_BYTES = 2**20
_UNSAFE = re.compile("[\x00-\x1f\x7f]")


class Line(BaseModel):
    """One document; unknown keys are refused, so that a misspelt `acl` opens no document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str = Field(min_length=1, max_length=2000)
    """Names the document within the source."""
    title: str = ""
    name: str = ""
    """A file name; its ending says how to read `text`."""
    text: str | None = None
    """The content."""
    path: Path | None = None
    """The file that holds the content, instead of `text`."""
    acl: tuple[str, ...] | None = None
    """The principals that may read the document; without it, the source's default readers may."""
    meta: Mapping[str, str | int | float | bool | None] = {}
    """Words and numbers that are put at the head of the text."""
    deleted: bool = False
    """The document is removed."""

    @model_validator(mode="after")
    def _has_content(self) -> "Line":
        if not self.deleted and (self.text is None) == (self.path is None):
            raise ValueError("give either text or path")
        for key in ("uri", "path"):
            if _UNSAFE.search(str(getattr(self, key))):
                raise ValueError(f"the {key} contains control characters")
        words = (self.uri, self.title, self.name, self.text or "", str(self.path), *(self.acl or ()))
        try:
            "".join((*words, *(f"{key}{value}" for key, value in self.meta.items()))).encode()
        except UnicodeEncodeError as error:
            raise ValueError("it contains half of a character, as \\ud800") from error
        return self

    @property
    def file_name(self) -> str:
        """The name that the parser gets: it decides how a text is read, and is the default title."""
        if self.path:
            return self.path.name
        return self.name or f"{_UNSAFE.sub(' ', self.title).strip() or self.uri.rstrip('/')}.txt"

    def content(self) -> bytes:
        """Return the text, with `meta` at its head."""
        head = "".join(f"{key}: {value}\n" for key, value in self.meta.items() if value not in {None, ""})
        return f"{head}\n{self.text}".encode() if head else (self.text or "").encode()


class JsonlSource:
    """A file of lines, which names all documents of the source: a document without a line is removed."""

    kind = "jsonl"

    def __init__(self, options: SourceOptions, settings: IngestSettings, folder: Path) -> None:
        self._options = options
        self._path = Path(options.url.removeprefix("jsonl://"))
        self._base = Path(os.path.abspath(self._path.parent))
        self._max_bytes = settings.max_file_bytes
        self._offsets: dict[str, int] = {}
        self._lock = threading.Lock()
        self._complete = True
        self.uri = file_uri(self._path).replace("file:", "jsonl:", 1)

    @property
    def config(self) -> Mapping[str, Any]:
        """The file and its default readers."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the lines in their order, whatever the cursor; a malformed line is reported and left out.

        Raises: SourceError if the file cannot be read.
        """
        last = self._find()
        there: list[Listed] = []
        gone: list[str] = []
        problems: list[tuple[str, ParseError]] = []
        limits: list[tuple[str, frozenset[str]]] = []
        sound = True
        for number, (offset, line) in enumerate(self._lines(), start=1):
            try:
                document = self._parse(line)
                entry = self._listed(document)
            except (ParseError, InputError) as error:
                problems.append((f"{self.uri}/line {number}", ParseError(f"line {number}: {error}")))
                limits.extend((uri, owners(self._options.readers)) for uri in self._named(line))
                sound = False
                continue
            if last[self._uri(document)] == offset:
                if entry:
                    there.append(entry)
                else:
                    gone.append(self._uri(document))
            if len(there) + len(gone) + len(problems) >= _AT_ONCE:
                yield Listing(listed=there, gone=gone, unreadable=problems, limits=limits)
                there, gone, problems, limits = [], [], [], []
        # A malformed line may name any document: then no document is taken for removed.
        complete = sound and self._complete
        yield Listing(listed=there, gone=gone, unreadable=problems, limits=limits, complete=complete)

    def fetch(self, listed: Listed) -> bytes:
        """Return a document's content.

        Raises: FetchError if its line or file no longer exists; TooLargeError; ParseError.
        """
        try:
            with self._lock:
                offset = (self._offsets or self._find()).get(listed.uri)
            if offset is None:
                raise FetchError("its line no longer exists; send the document again")
            with self._open() as file:
                file.seek(offset)
                document = self._parse(file.readline(self._max_bytes + _LINE_BYTES))
        except SourceError as error:
            raise FetchError(str(error)) from error
        content = self._read(document.path) if document.path else document.content()
        if len(content) > self._max_bytes:
            raise TooLargeError(f"the document is over the limit of {self._max_bytes:,} bytes")
        return content

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        offset = 0
        with self._open() as file:
            while line := file.readline(self._max_bytes + _LINE_BYTES):
                if line.strip():
                    yield offset, line
                offset += len(line)

    def _open(self) -> BinaryIO:
        try:
            return disk.open_named(self._path)
        except OSError as error:
            raise SourceError(
                f"{self._path} cannot be read: {error.strerror}; nothing was changed"
            ) from error

    def _find(self) -> dict[str, int]:
        """Find the offset of each document's last line, which replaces the earlier ones."""
        found = {}
        for offset, line in self._lines():
            try:
                found[self._uri(self._parse(line))] = offset
            except ParseError:  # an earlier line may name readers that this one was to take away
                found.update(dict.fromkeys(self._named(line), offset))
        self._offsets = found
        return found

    def _parse(self, line: bytes) -> Line:
        try:
            return Line.model_validate(json.loads(line))
        except ValidationError as error:
            raise ParseError(first_problem(error)) from error
        except (ValueError, RecursionError) as error:
            raise ParseError("this is not a line of JSON") from error

    def _named(self, line: bytes) -> Iterator[str]:
        """Yield the URI of the document that a malformed line is about, as far as it can be told."""
        with suppress(ValueError, RecursionError, KeyError, TypeError):
            uri = json.loads(line)["uri"]
            if isinstance(uri, str) and uri.isprintable():
                yield f"{self.uri}/{uri.lstrip('/')}"

    def _uri(self, document: Line) -> str:
        return f"{self.uri}/{document.uri.lstrip('/')}"

    def _listed(self, document: Line) -> Listed | None:
        if document.deleted:
            return None
        named = document.acl if document.acl is not None else sorted(self._options.readers)
        readers = frozenset(principal(name) for name in named)
        metadata = metadata_of(document.meta)
        return Listed(
            uri=self._uri(document),
            name=document.file_name,
            principals=readers,
            stamp=self._stamp(document),
            metadata=metadata,
        )

    def _stamp(self, document: Line) -> str:
        if not document.path:
            return hashlib.sha256(f"{document.file_name}\n".encode() + document.content()).hexdigest()
        try:
            status = (self._base / document.path).stat()
        except OSError:
            return ""
        return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"

    def _read(self, path: Path) -> bytes:
        """Return the content of the file at a path, below which and on the way to which no link is followed.

        On the way to the folder of the lines, links are followed.
        """
        whole = Path(os.path.normpath(self._base / path))
        root = self._base if whole.is_relative_to(self._base) else Path(whole.anchor)
        try:
            with disk.opened_root(root) as opened:
                return disk.read_below(opened, whole.relative_to(root).parts, self._max_bytes)
        except OSError as error:
            raise FetchError(f"{path} cannot be read: {error.strerror}") from error


class StreamSource(JsonlSource):
    """Lines from another program, kept in a file until they are read; documents without a line stay."""

    kind = "stream"

    def __init__(self, stream: BinaryIO, user: str, options: SourceOptions, settings: IngestSettings) -> None:
        self._kept = tempfile.NamedTemporaryFile(prefix="vade-stream-")  # noqa: SIM115
        try:
            shutil.copyfileobj(stream, self._kept)
            self._kept.flush()
        except OSError as error:
            self._kept.close()
            raise StorageError(f"the stream cannot be kept: {error.strerror}; nothing was changed") from error
        super().__init__(options.model_copy(update={"url": self._kept.name}), settings, Path())
        self._base = Path.cwd()
        self._complete = False
        self.uri = f"stream:{user}"

    @property
    def config(self) -> Mapping[str, Any]:
        """No options: a stream cannot be opened again."""
        return {}

    def close(self) -> None:
        """Delete the lines."""
        self._kept.close()


def holds_lines(path: Path) -> bool:
    """Return whether a file's first line describes a document; if not, the file is ordinary text."""
    try:
        with disk.open_named(path) as file:
            first = json.loads(file.readline(_LINE_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and "uri" in first and bool({"text", "path", "deleted"} & set(first))
