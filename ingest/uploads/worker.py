"""The worker of uploads: reads what was accepted, in a thread of its own."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import structlog

from core.errors import AlreadyRunningError, FetchError, ReaderStoppedError, StorageError, VadeError
from core.permissions import PUBLIC
from core.store.database import Database
from core.store.jobs import Lease, renew
from core.store.uploads import UploadEnd, upload_of
from ingest.connectors.upload import HandedIn, UploadSource
from ingest.ingestion import Ingestion
from ingest.run.report import DocumentReport, Outcome
from ingest.run.run import Runs
from ingest.uploads.queue import UploadQueue

log = structlog.get_logger()

# How often the ledger is looked at for uploads that this process did not accept, or that are due again.
_LOOK_SECONDS = 2.0
_TIDY_SECONDS = 3600.0
_SOON_SECONDS, _LONGEST_PAUSE_SECONDS = 2.0, 600.0
# After so many tries, some hours apart from the first, the cause will not go away by itself.
_MOST_TRIES = 50
# An upload at which the program ended so often is not tried again.
_MOST_CRASHES = 3
_PATIENCE_SECONDS = 300.0


class UploadWorker:
    """Reads the uploads that wait, until `close`."""

    def __init__(
        self, database: Database, queue: UploadQueue, ingestion: Ingestion, runs: Runs, lease_seconds: float
    ) -> None:
        self._database = database
        self._queue = queue
        self._ingestion = ingestion
        self._runs = runs
        self._lease_seconds = lease_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begin to work in the worker's own thread."""
        self._thread.start()

    def run(self) -> None:
        """Work until stopped."""
        tidied = float("-inf")
        while not self._stop.is_set():
            self._queue.arrived.clear()
            try:
                if time.monotonic() - tidied > _TIDY_SECONDS:
                    self._queue.tidy()
                    tidied = time.monotonic()
                busy = self.do_due() > 0
            except VadeError as error:  # the database may be busy now and free in two seconds
                log.warning("uploads.failed", error=str(error))
                busy = False
            if not busy:
                self._queue.arrived.wait(_LOOK_SECONDS)

    def close(self) -> None:
        """Stop with the document at hand; the other uploads wait for the next start."""
        self._stop.set()
        self._queue.arrived.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_SECONDS)

    def do_due(self) -> int:
        """Read the next uploads of one user; return how many there were."""
        leases = self._queue.claim(self._runs.holder())
        crashed = [one for one in leases if one.attempts > _MOST_CRASHES and not one.reason]
        for lease in crashed:
            times = lease.attempts - 1
            reason = f"the program ended {times} times while it read this file; it is not tried again"
            self._queue.end(lease, UploadEnd(outcome=Outcome.FAILED, reason=reason, code="crashed"))
        left = [lease for lease in leases if lease not in crashed]
        if left:
            with self._renewing(left):
                self._read(left)
        return len(leases)

    def _read(self, leases: Sequence[Lease]) -> None:
        uploads = [upload_of(lease.payload) for lease in leases]
        files = [
            HandedIn(
                upload.name,
                frozenset({PUBLIC if upload.public else f"user:{upload.user}"}),
                partial(self._queue.read, upload),
            )
            for upload in uploads
        ]
        try:
            done = self._ingestion.uploads(UploadSource(uploads[0].user, files), self._stop)
        except AlreadyRunningError as error:  # another process reads uploads of the same user
            for lease in leases:
                self._queue.postpone(lease, str(error), _SOON_SECONDS)
        except Exception as error:  # of any kind: no upload is lost by it, and the next ones are read
            log.warning("uploads.postponed", error=str(error), exc_info=not isinstance(error, VadeError))
            for lease in leases:
                self._try_later(lease, error)
        else:
            for lease, upload in zip(leases, uploads, strict=True):
                self._end(lease, done.get(upload.uri))

    def _end(self, lease: Lease, report: DocumentReport | None) -> None:
        if report is None or report.outcome is Outcome.CANCELLED:  # the worker stops, or lost its lease
            self._queue.put_back([lease])
        elif report.outcome is Outcome.FAILED and self._is_passing(report, lease):
            self._queue.postpone(lease, report.reason, self._pause(lease))
        else:
            self._queue.end(
                lease,
                UploadEnd(
                    outcome=report.outcome, reason=report.reason, code=report.code, notices=report.notices
                ),
            )

    def _is_passing(self, report: DocumentReport, lease: Lease) -> bool:
        """Return whether the disk or the machine, not the file, is the reason."""
        return report.code in {FetchError.code, ReaderStoppedError.code} and lease.attempts < _MOST_TRIES

    def _try_later(self, lease: Lease, error: Exception) -> None:
        code = error.code if isinstance(error, VadeError) else VadeError.code
        if lease.attempts < _MOST_TRIES:
            self._queue.postpone(lease, str(error) or repr(error), self._pause(lease))
        else:
            self._queue.end(lease, UploadEnd(outcome=Outcome.FAILED, reason=str(error), code=code))

    def _pause(self, lease: Lease) -> float:
        return float(min(_SOON_SECONDS * 2 ** (lease.attempts - 1), _LONGEST_PAUSE_SECONDS))

    @contextmanager
    def _renewing(self, leases: Sequence[Lease]) -> Iterator[None]:
        """Renew leases while their files are read, so that no other process takes them."""
        ended = threading.Event()
        heart = threading.Thread(
            target=self._beat, args=(leases, ended), name="uploads-heartbeat", daemon=True
        )
        heart.start()
        try:
            yield
        finally:
            ended.set()
            heart.join()

    def _beat(self, leases: Sequence[Lease], ended: threading.Event) -> None:
        while not ended.wait(self._lease_seconds / 6):
            try:
                with self._database.writing() as session:
                    renew(session, self._runs.holder(), dict.fromkeys(leases, "reading"))
            except StorageError as error:  # the next beat may come through; a lease outlives five
                log.warning("uploads.heartbeat", error=str(error))
