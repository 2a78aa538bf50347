"""Documents of a LangChain document loader; the settings name the loaders that are allowed.

A loader is third-party code: it runs in this process and connects anywhere, past our guard. For this
reason no loader is allowed by default.
"""

import hashlib
import importlib
import json
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from core.errors import FetchError, ParseError, SourceError, StorageError, TooLargeError
from core.settings import IngestSettings
from core.text.secrets import secret_key
from ingest.connectors.listing import in_parts
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Listed, Listing
from ingest.uris import escaped

_LONGEST_KEY = 2000


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class LoaderOptions(SourceOptions):
    """The loader, its arguments, and the key of its metadata that names a document."""

    loader: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", description="package.module:Class")
    args: Annotated[Mapping[str, Any], BeforeValidator(_read)] = Field({}, description="JSON, by name")
    key: str = "source"
    """The key in a document's metadata that names it."""

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if not re.fullmatch(r"langchain:[A-Za-z0-9_.-]+", self.url):
            raise ValueError("write langchain:NAME, with a name of your choice")
        if any(map(secret_key, _names(self.args))):
            raise ValueError(f"a secret is not kept here; {self._properly}")
        return self

    @property
    def _properly(self) -> str:
        return "loaders take theirs from environment variables"


def _names(value: Any) -> Iterator[str]:
    """Yield the names of arguments, at any depth."""
    if isinstance(value, Mapping):
        yield from map(str, value)
        yield from (name for part in value.values() for name in _names(part))
    elif isinstance(value, list):
        yield from (name for part in value for name in _names(part))


class LoaderSource:
    """All documents of a loader; a document that it no longer gives is removed.

    Pieces with the same name become one document.
    """

    kind = "langchain"

    def __init__(self, options: LoaderOptions, settings: IngestSettings, folder: Path) -> None:
        if options.loader not in settings.connectors.loaders:
            raise SourceError(
                f"the loader {options.loader} is not allowed; name it in VADE_INGEST__CONNECTORS__LOADERS"
            )
        self._options = options
        self._max_bytes = settings.max_file_bytes
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._lock = threading.Lock()
        self.uri = options.url

    @property
    def config(self) -> Mapping[str, Any]:
        """The loader, its arguments, and the readers of its documents."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the documents in the loader's order. Raises: SourceError if the loader fails."""
        with self._lock:
            names, problems = self._load()
        yield from in_parts(
            (
                Listed(
                    uri=uri,
                    name=name,
                    principals=self._options.readers,
                    stamp=hashlib.sha256(self._text(uri)).hexdigest(),
                )
                for uri, name in names.items()
            ),
            problems,
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a document's text. Raises: FetchError if the loader does not give it; TooLargeError."""
        with self._lock:
            if not self._places:
                try:
                    self._load()
                except SourceError as error:
                    raise FetchError(str(error)) from error
        if listed.uri not in self._places:
            raise FetchError("the loader no longer gives the document")
        if sum(length for _, length in self._places[listed.uri]) > self._max_bytes:
            raise TooLargeError(f"the document is over the limit of {self._max_bytes:,} bytes")
        return self._text(listed.uri)

    def close(self) -> None:
        """Delete the texts."""
        self._kept.close()

    def _load(self) -> tuple[dict[str, str], list[tuple[str, ParseError]]]:
        """Keep every text; return the documents' names by URI, and the problems of those without a name."""
        names: dict[str, str] = {}
        problems: list[tuple[str, ParseError]] = []
        self._places.clear()
        self._kept.seek(0)
        self._kept.truncate()
        for number, document in enumerate(_documents(self._options), start=1):
            try:
                key, title, raw = self._described(document)
            except (AttributeError, TypeError, ValueError) as error:  # it is not what a loader should give
                reason = ParseError(f"document {number} of the loader cannot be used: {error}")
                problems.append((f"{self.uri}/document {number}", reason))
                continue
            uri = f"{self.uri}/{escaped(key)}"
            names.setdefault(uri, f"{title}.txt")
            self._places.setdefault(uri, []).append((self._kept.tell(), len(raw)))
            try:
                self._kept.write(raw)
            except OSError as error:
                raise StorageError(f"the loader's texts cannot be kept: {error.strerror}") from error
        return names, problems

    def _described(self, document: Any) -> tuple[str, str, bytes]:
        """Return a document's key, title and content. Raises: ValueError if it has no key, and others."""
        key = str(document.metadata.get(self._options.key) or document.id or "").strip("/")
        if not key or len(key) > _LONGEST_KEY:
            raise ValueError(f"it has no {self._options.key!r} in its metadata to name it")
        title = str(document.metadata.get("title") or key.rsplit("/", 1)[-1])
        return key, title, document.page_content.encode("utf-8", "replace")

    def _text(self, uri: str) -> bytes:
        parts = []
        with self._lock:
            for offset, length in self._places[uri]:
                self._kept.seek(offset)
                parts.append(self._kept.read(length))
        return b"\n\n".join(parts)


def _documents(options: LoaderOptions) -> Iterator[Any]:
    """Yield the loader's documents. Raises: SourceError from any error of the loader."""
    module, _, name = options.loader.partition(":")
    try:
        from langchain_core.document_loaders import BaseLoader

        kind = getattr(importlib.import_module(module), name)
        if not (isinstance(kind, type) and issubclass(kind, BaseLoader)):
            raise SourceError(f"{options.loader} is not a document loader; nothing was changed")
        yield from kind(**options.args).lazy_load()
    except SourceError:
        raise
    except Exception as error:  # a loader may raise anything
        raise SourceError(
            f"{options.loader} failed: {type(error).__name__}: {error}"[:500] + "; nothing was removed"
        ) from error
