"""Sources: registering them for the nightly sync, trying them out, and the reports of their runs."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import FetchError, InputError, ParseError
from core.settings import Settings
from core.store.database import Database
from core.store.sources import (
    RunEntry,
    SourceEntry,
    find_source,
    list_sources,
    register,
    runs_of,
    schedule,
)
from core.text.secrets import without_secrets
from ingest.connectors.folder import FolderSource
from ingest.connectors.jsonl import StreamSource, holds_lines
from ingest.connectors.listing import sound_listings
from ingest.connectors.options import SourceOptions
from ingest.connectors.source import Listed, Listing, Source
from ingest.connectors.sources import SCHEMES, open_source, source_at

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source and the last run over it, if there was one."""

    entry: SourceEntry
    last_run: RunEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document that was fetched to try its source out."""

    uri: str
    name: str
    size_bytes: int = 0
    reason: str = ""
    """Why it could not be fetched; empty if it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrial:
    """The first documents that a source lists, and what became of fetching one of them."""

    uri: str
    documents: tuple[Listed, ...]
    problems: tuple[tuple[str, str], ...]
    """URI and reason of each document whose entry could not be read."""
    fetched: Fetched | None

    @property
    def is_clean(self) -> bool:
        """Whether documents are listed, all could be read, and the first could be fetched."""
        fetched = self.fetched is None or not self.fetched.reason
        return bool(self.documents) and not self.problems and fetched


@dataclass(frozen=True, slots=True)
class AddedSource:
    """A source that was registered, and the readers of documents for which it names none."""

    uri: str
    readers: frozenset[str]
    before: frozenset[str]
    """The readers with which it was registered before; empty if it was not."""


def add_source(
    database: Database, settings: Settings, place: str, options: Mapping[str, str], owner: str
) -> AddedSource:
    """Register a source for `vade sync`; `owner` reads the documents that it says nothing about.

    Raises: InputError if the address or an option is wrong; SourceError if a folder cannot be read.
    """
    with closing(source_at(place, options, frozenset({owner}), settings)) as source:
        if isinstance(source, FolderSource):
            next(iter(sound_listings(source, "")))
        with database.writing() as session:
            known = [one.config.get("read", ()) for one in list_sources(session) if one.uri == source.uri]
            register(session, source.uri, source.kind, source.config, scheduled=True)
        before = frozenset(known[0]) if known else frozenset()
        return AddedSource(source.uri, frozenset({owner}), before)


def try_source(database: Database, settings: Settings, name: str) -> SourceTrial:
    """List a source's first documents and fetch one; nothing is kept.

    Raises: NotFoundError if it is not registered; SourceError if it cannot be opened or listed.
    """
    with closing(open_source(named_source(database, name), settings)) as source:
        listing = next(
            (part for part in sound_listings(source, "") if part.listed or part.unreadable), Listing()
        )
        return SourceTrial(
            uri=source.uri,
            documents=tuple(listing.listed),
            problems=tuple((uri, str(error)) for uri, error in listing.unreadable),
            fetched=_fetched(source, listing.listed[0]) if listing.listed else None,
        )


def source_statuses(database: Database) -> list[SourceStatus]:
    """Return all sources in order of their URI, each with its last run."""
    with database.reading() as session:
        return [
            SourceStatus(entry, next(iter(runs_of(session, entry.id, 1)), None))
            for entry in list_sources(session)
        ]


def remove_source(database: Database, name: str) -> SourceEntry:
    """Take a source out of `vade sync`; its documents stay, secrets in its options do not.

    Raises: NotFoundError.
    """
    entry = named_source(database, name)
    with database.writing() as session:
        register(session, entry.uri, entry.kind, without_secrets(entry.config))
        schedule(session, entry.uri, scheduled=False)
    return entry


def run_reports(database: Database, name: str | None, limit: int) -> list[tuple[SourceEntry, RunEntry]]:
    """Return the last runs over a source, or over each source, the newest first. Raises: NotFoundError."""
    entries = [named_source(database, name)] if name else None
    with database.reading() as session:
        entries = entries or list_sources(session)
        return [(entry, run) for entry in entries for run in runs_of(session, entry.id, limit)]


def sources_to_sync(database: Database, names: Sequence[str]) -> list[SourceEntry]:
    """Return the named sources, or without names all that take part in `vade sync`.

    Raises: NotFoundError if a name is unknown; InputError if no source takes part.
    """
    if names:
        return [named_source(database, name) for name in names]
    with database.reading() as session:
        scheduled = [entry for entry in list_sources(session) if entry.scheduled]
    if not scheduled:
        raise InputError("no source takes part in `vade sync` yet; add one with `vade source add DIR`")
    return scheduled


def named_source(database: Database, name: str) -> SourceEntry:
    """Return a source by its URI, a folder by its path, or any source by the address it was added with.

    Raises: NotFoundError.
    """
    uri = name if ":" in name else FolderSource(Path(name), frozenset(), 0).uri
    with database.reading() as session:
        named = (entry for entry in list_sources(session) if name in {entry.uri, entry.config.get("url")})
        return next(named, None) or find_source(session, uri)


def source_of(place: str, settings: Settings, owner: str, user: str, stdin: BinaryIO) -> Source:
    """Return the source at a path or an address, or for `-` the lines of standard input.

    `owner` reads the documents that the source says nothing about; `user` hands in standard input.

    Raises: as `source_at`.
    """
    readers = frozenset({owner})
    if place == STANDARD_INPUT:
        options = SourceOptions(url=place, read=(owner,))
        return StreamSource(stdin, user.removeprefix("user:"), options, settings.ingest)
    if place.endswith(".jsonl") and ":" not in place and holds_lines(Path(place)):
        return source_at(f"jsonl://{Path(place).absolute()}", {}, readers, settings)
    if place.partition(":")[0].lower() in SCHEMES:
        return source_at(place, {}, readers, settings)
    return FolderSource(Path(place), readers, settings.ingest.max_file_bytes)


def _fetched(source: Source, listed: Listed) -> Fetched:
    try:
        size = len(source.fetch(listed))
    except (FetchError, ParseError) as error:
        return Fetched(uri=listed.uri, name=listed.name, reason=str(error))
    return Fetched(uri=listed.uri, name=listed.name, size_bytes=size)
