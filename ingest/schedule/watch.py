"""Watched folders: a change is ingested within seconds, without waiting for the night."""

import threading
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import structlog
from watchfiles import Change, watch

from core.errors import AlreadyRunningError, StorageError, VadeError
from core.settings import Watching
from core.store.database import Database
from core.store.sources import SourceEntry, list_sources
from ingest.connectors.folder import FolderSource
from ingest.connectors.trees.rules import PERMISSIONS_FILE
from ingest.run.report import RunReport

log = structlog.get_logger()

# A document under way is completed, however long it is; after this time it is killed with the process.
_PATIENCE_SECONDS = 300.0

Sync = Callable[[SourceEntry], RunReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient a watch is."""

    look_seconds: float = 30.0
    """How often it looks whether folders were added or removed."""
    quiet_ms: int = 2_500
    """How long a folder must be quiet before it is synced: a file may still be being copied."""
    patience_ms: int = 60_000
    """How long it waits for that quiet at most."""
    rest: float = 4.0
    """The pause after a sync, as a multiple of its duration, for a folder that changes without pause."""


class Watch:
    """Syncs each folder that `vade source add` entered when a file in it changes, in one thread.

    Every folder is synced once when the watch begins, as it may have changed before. Folders that cannot
    be watched, and changes while no watch is running, are left to the nightly run.
    """

    def __init__(
        self, database: Database, how: Watching, sync: Sync, data_dir: Path, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._how = how
        self._sync = sync
        self._data_dir = data_dir.resolve()
        self._pace = pace or Pace()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._rests_until: dict[str, float] = {}
        self._due: set[str] = set()

    def start(self) -> None:
        """Begin, unless watching is off."""
        if self._how != "off":
            self._thread.start()

    def close(self) -> None:
        """Stop, and wait for a sync under way, which ends with its current document if work is stopped."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                folders = self.folders()
                self._due |= {entry.uri for entry in folders.values()}
                self._watch(folders)
            except VadeError as error:  # the database may be busy now and free in half a minute
                log.warning("watch.failed", error=str(error))
                self._stop.wait(self._pace.look_seconds)

    def folders(self) -> dict[Path, SourceEntry]:
        """Return the folders to watch that exist now."""
        with self._database.reading() as session:
            entries = [entry for entry in list_sources(session) if entry.scheduled]
        folders = {Path(entry.config["path"]): entry for entry in entries if entry.kind == FolderSource.kind}
        return {path: entry for path, entry in folders.items() if path.exists()}

    def _watch(self, folders: Mapping[Path, SourceEntry]) -> None:
        """Sync the folders that change, until other folders are to be watched.

        The first sync comes after the watch has begun, so that no change between them is missed.
        """
        look_again = time.monotonic() + self._pace.look_seconds
        with closing(self._changes(folders)) as changes:
            for paths in changes:
                above = {folder for path in paths for folder in (path, *path.parents)}
                self._due |= {entry.uri for folder, entry in folders.items() if folder in above}
                self._sync_due(folders.values())
                if time.monotonic() >= look_again:
                    if self.folders().keys() != folders.keys():
                        return
                    look_again = time.monotonic() + self._pace.look_seconds

    def _changes(self, folders: Collection[Path]) -> Generator[Collection[Path], None, None]:
        """Yield the changed paths together once all is quiet, and an empty collection every few seconds."""
        if not folders:
            while not self._stop.wait(self._pace.look_seconds):
                yield ()
            return
        try:
            for changes in watch(
                *folders,
                watch_filter=lambda change, path: self._counts(change, Path(path), folders),
                step=self._pace.quiet_ms,
                debounce=self._pace.patience_ms,
                stop_event=self._stop,
                rust_timeout=500,
                yield_on_timeout=True,
                raise_interrupt=False,
                force_polling=self._how == "poll",
                ignore_permission_denied=True,
            ):
                yield [Path(path) for _, path in changes]
        except (OSError, RuntimeError) as error:
            log.warning("watch.impossible", folders=[str(path) for path in folders], error=str(error))
            self._stop.wait(self._pace.look_seconds)

    def _counts(self, change: Change, path: Path, folders: Collection[Path]) -> bool:
        """Return whether a change can change the folder's listing; hidden files are not listed."""
        if path.is_relative_to(self._data_dir):
            return False
        root = next((folder for folder in folders if path.is_relative_to(folder)), path.parent)
        hidden = [part for part in path.relative_to(root).parts if part.startswith(".")]
        return not hidden or hidden == [PERMISSIONS_FILE]

    def _sync_due(self, entries: Collection[SourceEntry]) -> None:
        for entry in entries:
            rested = time.monotonic() >= self._rests_until.get(entry.uri, 0.0)
            if entry.uri in self._due and rested and not self._stop.is_set():
                self._due.discard(entry.uri)
                self._sync_now(entry)

    def _sync_now(self, entry: SourceEntry) -> None:
        begun = time.monotonic()
        try:
            report = self._sync(entry)
            log.info("watch.synced", source=entry.uri, ok=report.is_clean)
        except (AlreadyRunningError, StorageError) as error:
            log.info("watch.later", source=entry.uri, error=str(error))
            self._due.add(entry.uri)
            self._rests_until[entry.uri] = time.monotonic() + self._pace.look_seconds
            return
        except VadeError as error:
            log.warning("watch.sync_failed", source=entry.uri, error=str(error))
        ended = time.monotonic()
        self._rests_until[entry.uri] = ended + self._pace.rest * (ended - begun)
