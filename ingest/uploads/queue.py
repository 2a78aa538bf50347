"""The queue of uploads: accepted in a moment, followed by their jobs, never lost."""

import threading
from dataclasses import replace
from typing import IO

from sqlalchemy.orm import Session

from core.errors import LeaseLostError, NotFoundError, UploadsFullError
from core.permissions import principal
from core.settings import Settings
from core.store.database import Database
from core.store.documents.reading import find_document_id
from core.store.jobs import Holder, Lease, end_cancelled, postpone, release
from core.store.sources import register
from core.store.uploads import (
    Upload,
    UploadEnd,
    UploadEntry,
    claim_uploads,
    end_upload,
    enter_upload,
    files_of,
    find_upload,
    forget_ended_uploads,
    upload_of,
    waiting_uploads,
)
from core.values.search import AccessScope
from ingest.connectors.upload import KIND, source_uri, usable_name
from ingest.uploads.spool import Spool

# When to come again to a full queue: a small file takes a second or two.
_COME_AGAIN_SECONDS = 10
# Uploads read in one run.
_TOGETHER = 16
# An accepted file whose job was never committed: its process ended in between.
_ORPHAN_SECONDS = 3600.0


class UploadQueue:
    """Accepts uploads, hands them to a worker, and says what became of each."""

    def __init__(self, database: Database, spool: Spool, settings: Settings) -> None:
        self._database = database
        self._spool = spool
        self._settings = settings
        self.arrived = threading.Event()
        """Set when an upload was accepted by this process."""

    def accept(self, user: str, file_name: str, content: IO[bytes], public: bool) -> UploadEntry:
        """Keep a file that a user hands in, and return its job. That user may read it, or everybody.

        From now on it will be read, also after a crash.

        Raises: InputError if the name cannot be used; TooLargeError; UploadsFullError if too many wait;
        StorageError if it cannot be stored. Nothing is kept then.
        """
        name = usable_name(file_name)
        with self._database.reading() as session:  # before anything is written
            self._check_room(session, 0)
        file, size = self._spool.keep(content, self._settings.ingest.max_file_bytes)
        upload = Upload(user=user.removeprefix("user:"), name=name, public=public, file=file, size_bytes=size)
        try:
            with self._database.writing() as session:
                self._check_room(session, size)
                source = register(session, source_uri(upload.user), KIND, {})
                job_id = enter_upload(session, self._spool.place, upload, source.id)
        except BaseException:
            self._spool.drop(file)
            raise
        self.arrived.set()
        return self._found(job_id)

    def find(self, job_id: int, scope: AccessScope) -> UploadEntry:
        """Return an upload of the asker's own. Raises: NotFoundError."""
        entry = self._found(job_id)
        if principal(f"user:{entry.upload.user}") not in scope.principals:
            raise NotFoundError()
        if entry.end is None:
            return entry
        with self._database.reading() as session:
            return replace(entry, document_id=find_document_id(session, scope, entry.upload.uri))

    def claim(self, holder: Holder) -> list[Lease]:
        """Lease the next uploads of one user, in the order of their arrival."""
        with self._database.writing() as session:
            return claim_uploads(session, holder, self._spool.place, _TOGETHER)

    def read(self, upload: Upload) -> bytes:
        """Return an upload's content. Raises: FetchError."""
        return self._spool.read(upload.file)

    def end(self, lease: Lease, end: UploadEnd) -> None:
        """End an upload and remove its file; one that was cancelled meanwhile ends as cancelled."""
        try:
            with self._database.writing() as session:
                end_upload(session, lease, end)
        except LeaseLostError:  # the file stays: the lease may be another worker's
            with self._database.writing() as session:
                end_cancelled(session, [lease])
        else:
            self._spool.drop(upload_of(lease.payload).file)

    def put_back(self, leases: list[Lease]) -> None:
        """Let uploads wait that were not begun."""
        with self._database.writing() as session:
            release(session, leases)

    def postpone(self, lease: Lease, reason: str, seconds: float) -> None:
        """Let an upload wait for another try."""
        try:
            with self._database.writing() as session:
                postpone(session, lease, reason, seconds)
        except LeaseLostError:
            with self._database.writing() as session:
                end_cancelled(session, [lease])

    def tidy(self, orphan_seconds: float = _ORPHAN_SECONDS) -> None:
        """Remove the jobs of uploads that ended long ago, and files whose upload has ended."""
        with self._database.writing() as session:
            forget_ended_uploads(session)
            kept = files_of(waiting_uploads(session, self._spool.place))
        self._spool.drop_others(kept, orphan_seconds)

    def _found(self, job_id: int) -> UploadEntry:
        with self._database.reading() as session:
            return find_upload(session, job_id)

    def _check_room(self, session: Session, size: int) -> None:
        waiting, limits = waiting_uploads(session, self._spool.place), self._settings.api
        used = sum(upload.size_bytes for upload in waiting) + size
        if len(waiting) >= limits.max_waiting_uploads or (waiting and used > limits.max_waiting_upload_bytes):
            raise UploadsFullError(retry_after_seconds=_COME_AGAIN_SECONDS)
