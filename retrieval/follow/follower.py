"""A follower, which keeps one index equal to the database by applying the change log in order."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.errors import IndexUnusableError, StorageError
from core.logs import noted
from core.store.changes import ChangeBatch, changes_after, latest_seq
from core.store.database import Database
from core.store.tables import FollowerTable
from core.values.notices import INDEX_BEHIND, INDEX_RESTORED, Notice
from retrieval.follow.generations import Generations, place_of
from retrieval.index import Index

log = structlog.get_logger()
AnyIndex = TypeVar("AnyIndex", bound=Index)
GivenIndex_co = TypeVar("GivenIndex_co", covariant=True)

# Rows of the change log that are applied at once; limits the memory and the wait of a search.
_ROWS_AT_ONCE = 250


def follower_row(root: Path, name: str) -> str:
    """Return the name of the follower below `root` in the database, where other machines may have followers.

    Raises: StorageError if the folder cannot be used.
    """
    return f"{name}@{place_of(root)}"


class Opens(Protocol[GivenIndex_co]):
    """A source of an index to search, for one thread at a time."""

    def index(self) -> AbstractContextManager[GivenIndex_co]:
        """Return a context with the index."""
        ...

    def take_notices(self) -> tuple[Notice, ...]:
        """Return what a search over the index, made just now, had to do without.

        A restoration of the index is told once.
        """
        ...


@runtime_checkable
class Outgrown(Protocol):
    """An index that another may have to replace as it grows or shrinks."""

    def successor(self) -> Any:
        """Return an empty index that should replace this one; None if it should stay."""
        ...


class Candidate(Generic[AnyIndex]):
    """A copy of an index with waiting changes on top; it does not follow the log."""

    def __init__(self, index: AnyIndex) -> None:
        self._index = index
        self._lock = threading.RLock()

    @contextmanager
    def index(self) -> Iterator[AnyIndex]:
        """Yield the index."""
        with self._lock:
            yield self._index

    def take_notices(self) -> tuple[Notice, ...]:
        """Return no notice: a copy that cannot be made is an error."""
        return ()


class Follower(Generic[AnyIndex]):
    """One index and the number of the last change applied to it.

    With a `model_id`, it holds the chunks with a vector of that model; without, all live chunks.
    `make_index(folder)` opens a saved index, `make_index(None)` makes an empty one. `form` names how entries
    become index terms: an index of another form is built anew. After a crash, the log is replayed.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        root: Path,
        model_id: str | None,
        make_index: Callable[[Path | None], AnyIndex],
        form: str = "",
    ) -> None:
        self.name = name
        self._row = follower_row(root, name)
        self._database = database
        self._generations = Generations(root, name, f"{model_id or ''} {form}".strip())
        self._lock_path = root / f"{name}.lock"
        self.model_id = model_id
        self._make_index = make_index
        self._lock = threading.RLock()
        self._opened: AnyIndex | None = None
        self.applied_seq = 0
        self._saved_seq = 0
        self._held_up: OSError | None = None
        self._restored: Notice | None = None

    @contextmanager
    def index(self) -> Iterator[AnyIndex]:
        """Yield the index in the committed state of now, for one thread at a time.

        If the disk refuses writes, the index stays behind: a hit may be missing, but the database removes
        each hit that a user may not see.
        """
        with self._lock:
            if self._opened is None:
                self._opened, self.applied_seq = self._open()
                self._saved_seq = self.applied_seq
                if self.applied_seq == 0:
                    self._build_anew(self._opened)
            self._catch_up(self._opened)
            yield self._opened

    def take_notices(self) -> tuple[Notice, ...]:
        """Return that the index stays behind, as long as it does, and once that it was restored."""
        with self._lock:
            behind = INDEX_BEHIND if self._held_up else None
            restored, self._restored = self._restored, None
        return tuple(one for one in (behind, restored) if one)

    @contextmanager
    def candidate(self, changes: Iterable[ChangeBatch] = ()) -> Iterator[Candidate[AnyIndex]]:
        """Yield a copy of the index with `changes` on top; the index itself does not change."""
        with self._lock:
            index, seq = self._open()
        try:
            self._caught_up(index, seq)
            for batch in changes:
                index.replace(batch.document_ids, batch.entries)
            yield Candidate(index)
        finally:
            index.close()

    def bring_up_to_date(self) -> None:
        """Bring the saved index to the committed state; opens no file if it has it already.

        Raises: StorageError if the disk refuses the write; the log will be replayed.
        """
        with self._database.reading() as session:
            saved = session.get(FollowerTable, self._row)
            if saved is not None and saved.applied_seq == latest_seq(session):
                return
        with self.index() as index:
            if self._held_up:
                raise self._unsaved(self._held_up)
            self.save()
            new: AnyIndex | None = index.successor() if isinstance(index, Outgrown) else None
        if new is not None:
            self._change_over(new)

    def save(self) -> bool:
        """Write a generation if there are new changes; return False if another process is writing one.

        Raises: StorageError if the disk refuses the write; the log will be replayed.
        """
        try:
            with self._lock, FileLock(self._lock_path, blocking=False):
                if self._opened is not None and self.applied_seq != self._saved_seq:
                    self._write_generation(self._opened)
                return True
        except Timeout:
            return False
        except OSError as error:
            raise self._unsaved(error) from error

    def drop_older_generations(self) -> int:
        """Remove all generations but the one in force from the disk; return its number."""
        with self._lock, FileLock(self._lock_path), self._database.reading() as session:
            in_force = session.get(FollowerTable, self._row)
            number = in_force.generation if in_force else 0
            self._generations.drop_all_but(number)
        return number

    def rebuild(self) -> None:
        """Build the index anew from the database."""
        with self._lock:
            self.close()
            self._opened, self._saved_seq = self._make_index(None), -1
            self.applied_seq = self._caught_up(self._opened, 0)
            self.save()

    def damage(self) -> str:
        """Return what is damaged in the generation in force on the disk; empty if it is as it was written."""
        with self._database.reading() as session:
            row = session.get(FollowerTable, self._row)
            newest = latest_seq(session)
        if row is None:
            return ""
        try:
            manifest = self._generations.verify(self._generations.folder(row.generation))
        except IndexUnusableError as error:
            return str(error)
        if manifest.applied_seq != row.applied_seq or row.applied_seq > newest:
            held, entered = manifest.applied_seq, row.applied_seq
            return f"it holds change {held}, but the database names {entered} and ends with {newest}"
        return ""

    def remove(self) -> None:
        """Close the index and remove it from the disk; it can be rebuilt from the database."""
        with self._lock, FileLock(self._lock_path):
            self.close()
            self._generations.drop_all_but(0)
            with self._database.writing() as session:
                session.execute(delete(FollowerTable).where(FollowerTable.name == self._row))

    def close(self) -> None:
        """Close the index; unsaved changes are replayed when it is next opened."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    def _change_over(self, new: AnyIndex) -> None:
        """Fill a new index from the log while the old one serves, then replace the old one."""
        try:
            seq = self._caught_up(new, 0)
        except BaseException:
            new.close()
            raise
        with self._lock:
            self.close()
            self._opened, self._saved_seq = new, -1
            self.applied_seq = self._caught_up(new, seq)
            self.save()

    def _catch_up(self, index: AnyIndex) -> None:
        try:
            self.applied_seq, self._held_up = self._caught_up(index, self.applied_seq), None
        except OSError as error:
            self._held_up = error
            noted(INDEX_BEHIND, "index.behind", error, follower=self.name)

    def _unsaved(self, error: OSError) -> StorageError:
        return StorageError(
            f"the {self.name} index could not be saved: {error}; all documents are safe in the database. "
            "Free some disk space; then the index catches up by itself"
        )

    def _build_anew(self, index: AnyIndex) -> None:
        """Apply the entire log and save the result for the next process."""
        self.applied_seq = self._caught_up(index, 0)
        try:
            self.save()
        except StorageError as error:
            log.warning("index.not_saved", follower=self.name, error=str(error))

    def _caught_up(self, index: AnyIndex, seq: int) -> int:
        """Apply the changes committed after `seq`; return the number of the last one."""
        with self._database.reading() as session:
            behind = latest_seq(session) != seq
        while behind:
            with self._database.reading() as session:
                batch = changes_after(session, seq, self.model_id, _ROWS_AT_ONCE)
            if batch is None:
                break
            index.replace(batch.document_ids, batch.entries)
            seq = batch.seq
        return seq

    def _open(self) -> tuple[AnyIndex, int]:
        with self._database.reading() as session:
            newest = latest_seq(session)
            in_force = session.get(FollowerTable, self._row)
        # A generation that this database did not put in force belongs to another database, or a crash came
        # between writing it and putting it in force: an older one, or the log, serves as well.
        in_force_number = in_force.generation if in_force else 0
        for folder in self._generations.newest_first():
            try:
                manifest = self._generations.verify(folder)
                if manifest.generation <= in_force_number and manifest.applied_seq <= newest:
                    return self._make_index(folder), manifest.applied_seq
                log.info("index.not_in_force", follower=self.name, folder=str(folder))
            except IndexUnusableError as error:
                self._restored = noted(
                    INDEX_RESTORED, "index.unusable", error, follower=self.name, folder=str(folder)
                )
        return self._make_index(None), 0

    def _write_generation(self, index: AnyIndex) -> None:
        manifest = self._generations.write(self.applied_seq, index.save)
        with self._database.writing() as session:
            _put_in_force(session, self._row, manifest.generation, manifest.applied_seq)
        self._saved_seq = self.applied_seq


def _put_in_force(session: Session, name: str, generation: int, applied_seq: int) -> None:
    row = session.get(FollowerTable, name) or FollowerTable(name=name)
    row.generation, row.applied_seq, row.updated_at = generation, applied_seq, datetime.now(UTC)
    session.add(row)
