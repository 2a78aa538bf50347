"""Opens sources: by their address, and again from what the database remembers of them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import InputError, SourceError
from core.permissions import principal
from core.settings import IngestSettings, Settings
from core.sources import SourceEntry
from ingest.connectors.git import GitOptions, GitSource
from ingest.connectors.jsonl import JsonlSource
from ingest.connectors.options import SourceOptions, first_problem
from ingest.connectors.s3 import S3Options, S3Source
from ingest.connectors.web import WebOptions, WebSource
from ingest.connectors.webdav import WebDavOptions, WebDavSource
from ingest.folder import FolderSource
from ingest.source import Source

# What connectors keep of their own lies below this folder of the data folder; all of it can be made anew.
_KEPT = "sources"
# A password that somebody put into an address is not said again.
_LOGIN = re.compile(r"//[^/@]*@")


def open_source(entry: SourceEntry, settings: Settings) -> Source:
    """Return the source that `entry` describes.

    Raises: SourceError if its kind cannot be opened again, as an upload, or its configuration is malformed.
    """
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise SourceError(f"{entry.uri} cannot be opened again; hand its documents in anew")
    try:
        return kind(entry.config, settings.ingest, settings.data_dir / _KEPT)
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise SourceError(f"{entry.uri}: its configuration is malformed: {error!r}") from error


def source_at(place: str, told: Mapping[str, str], readers: frozenset[str], settings: Settings) -> Source:
    """Return the source at an address: a folder's path, or a URL whose scheme says what kind it is.

    `told` are the options of its kind, `readers` the principals of last resort.

    Raises: InputError if no kind of source is there or an option is wrong.
    """
    scheme, colon, _ = place.partition(":")
    if not colon and not told:
        return FolderSource(Path(place), readers, settings.ingest.max_file_bytes)
    kind = SCHEMES.get(scheme.lower())
    if kind is None:
        raise InputError(f"{place}: a source is a folder, or begins with one of {', '.join(sorted(SCHEMES))}")
    config = {**told, "url": place, "read": sorted(readers)}
    try:
        return KINDS[kind](config, settings.ingest, settings.data_dir / _KEPT)
    except ValidationError as error:
        raise InputError(f"{_LOGIN.sub('//', place)}: {first_problem(error)}") from error


Opener = Callable[[Mapping[str, Any], IngestSettings, Path], Source]


def _folder(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    readers = frozenset(principal(name) for name in config["read"])
    return FolderSource(Path(config["path"]), readers, settings.max_file_bytes)


def _jsonl(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    return JsonlSource(SourceOptions.model_validate(config), settings, folder)


def _git(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    return GitSource(GitOptions.model_validate(config), settings, folder)


def _web(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    return WebSource(WebOptions.model_validate(config), settings, folder)


def _s3(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    return S3Source(S3Options.model_validate(config), settings, folder)


def _webdav(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    return WebDavSource(WebDavOptions.model_validate(config), settings, folder)


KINDS: dict[str, Opener] = {
    "folder": _folder, "git": _git, "jsonl": _jsonl, "s3": _s3, "web": _web, "webdav": _webdav,
}  # fmt: skip
SCHEMES: dict[str, str] = {
    **dict.fromkeys(("git+file", "git+http", "git+https", "git+ssh"), "git"),
    **dict.fromkeys(("http", "https"), "web"),
    **dict.fromkeys(("s3", "s3+http", "s3+https"), "s3"),
    **dict.fromkeys(("webdav+http", "webdav+https"), "webdav"),
    "jsonl": "jsonl",
}
