"""Opens sources: by their address, or again from their entry in the database."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from core.errors import InputError, SourceError
from core.permissions import principal
from core.settings import IngestSettings, Settings
from core.store.sources import SourceEntry
from core.text.secrets import redacted
from ingest.connectors.atlassian.confluence import ConfluenceOptions, ConfluenceSource
from ingest.connectors.atlassian.jira import JiraOptions, JiraSource
from ingest.connectors.folder import FolderSource
from ingest.connectors.jsonl import JsonlSource
from ingest.connectors.langchain_loader import LoaderOptions, LoaderSource
from ingest.connectors.mail.imap import ImapOptions, ImapSource
from ingest.connectors.mail.maildir import MaildirOptions, MaildirSource
from ingest.connectors.options import SourceOptions, first_problem
from ingest.connectors.source import Source
from ingest.connectors.trees.git import GitOptions, GitSource
from ingest.connectors.trees.s3 import S3Options, S3Source
from ingest.connectors.trees.webdav import WebDavOptions, WebDavSource
from ingest.connectors.web import WebOptions, WebSource

# The folder below the data folder where connectors keep files of their own; all can be made anew.
_KEPT = "sources"


def open_source(entry: SourceEntry, settings: Settings) -> Source:
    """Return the source that `entry` describes.

    Raises: SourceError if its kind cannot be opened again, as an upload's, or its configuration is malformed.
    """
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise SourceError(f"{redacted(entry.uri)} cannot be opened again; hand its documents in anew")
    try:
        return kind(entry.config, settings.ingest, settings.data_dir / _KEPT)
    except ValidationError as error:
        raise SourceError(
            f"{redacted(entry.uri)}: {first_problem(error)}. Remove the source and add it anew"
        ) from error
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise SourceError(f"{redacted(entry.uri)}: its configuration is malformed: {error!r}") from error


def source_at(place: str, options: Mapping[str, str], readers: frozenset[str], settings: Settings) -> Source:
    """Return the source at an address: a folder's path, or a URL whose scheme says what kind it is.

    `options` are those of its kind, `readers` the principals of documents that name none.

    Raises: InputError if no kind of source is there or an option is wrong.
    """
    scheme, colon, _ = place.partition(":")
    if not colon and not options:
        return FolderSource(Path(place), readers, settings.ingest.max_file_bytes)
    kind = SCHEMES.get(scheme.lower())
    if kind is None and not colon:
        raise InputError(f"{place}: a folder takes no options; a `.vade.yaml` in it names readers and tags")
    if kind is None:
        known = ", ".join(sorted(SCHEMES))
        raise InputError(f"{redacted(place)}: a source is a folder, or begins with one of {known}")
    config = {**options, "url": place, "read": sorted(readers)}
    try:
        return KINDS[kind](config, settings.ingest, settings.data_dir / _KEPT)
    except ValidationError as error:
        raise InputError(f"{redacted(place)}: {first_problem(error)}") from error


Opener = Callable[[Mapping[str, Any], IngestSettings, Path], Source]
_Options = TypeVar("_Options", bound=SourceOptions)


def _folder(config: Mapping[str, Any], settings: IngestSettings, folder: Path) -> Source:
    readers = frozenset(principal(name) for name in config["read"])
    return FolderSource(Path(config["path"]), readers, settings.max_file_bytes)


def _of(options: type[_Options], source: Callable[[_Options, IngestSettings, Path], Source]) -> Opener:
    return lambda config, settings, folder: source(options.model_validate(config), settings, folder)


KINDS: dict[str, Opener] = {
    "confluence": _of(ConfluenceOptions, ConfluenceSource),
    "folder": _folder,
    "git": _of(GitOptions, GitSource),
    "imap": _of(ImapOptions, ImapSource),
    "jira": _of(JiraOptions, JiraSource),
    "jsonl": _of(SourceOptions, JsonlSource),
    "langchain": _of(LoaderOptions, LoaderSource),
    "maildir": _of(MaildirOptions, MaildirSource),
    "s3": _of(S3Options, S3Source),
    "web": _of(WebOptions, WebSource),
    "webdav": _of(WebDavOptions, WebDavSource),
}
SCHEMES: dict[str, str] = {
    **dict.fromkeys(("confluence+http", "confluence+https"), "confluence"),
    **dict.fromkeys(("git+file", "git+http", "git+https", "git+ssh"), "git"),
    **dict.fromkeys(("http", "https"), "web"),
    **dict.fromkeys(("imap", "imaps"), "imap"),
    **dict.fromkeys(("jira+http", "jira+https"), "jira"),
    "jsonl": "jsonl",
    "langchain": "langchain",
    "maildir": "maildir",
    **dict.fromkeys(("s3", "s3+http", "s3+https"), "s3"),
    **dict.fromkeys(("webdav+http", "webdav+https"), "webdav"),
}
