"""A worker: does the jobs of all sources that wait in the ledger, and the nightly runs, until it is stopped.

Several workers, on one machine or many, share one ledger. Over one source there is one run at a time, so
each takes another source. If a worker ends in the middle, another one continues its work.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from core.errors import AlreadyRunningError, VadeError
from core.store.database import Database
from core.store.jobs import sources_with_work
from core.store.sources import SourceEntry, list_sources
from ingest.connectors.upload import KIND as UPLOADS
from ingest.run.report import RunReport
from ingest.run.run import Runs
from ingest.schedule.night import Schedule

log = structlog.get_logger()

# How often the ledger is looked at, and how long a source rests after its work failed.
_LOOK_SECONDS = 2.0
_REST_SECONDS = 60.0
# A document under way is completed, however long it is; after this time it is killed with the process.
_PATIENCE_SECONDS = 300.0


class Worker:
    """Does the work that is due in a thread of its own, or with `run` in the caller's, until `close`."""

    def __init__(
        self, database: Database, runs: Runs, work: Callable[[SourceEntry], RunReport], night: Schedule
    ) -> None:
        """Do the waiting jobs of a source by `work`, and the nightly runs by `night`."""
        self._database = database
        self._runs = runs
        self._work = work
        self._night = night
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._rests_until: dict[int, float] = {}

    def start(self) -> None:
        """Begin to work in the worker's own thread."""
        self._thread.start()

    def run(self) -> None:
        """Work until stopped."""
        while not self._runs.stopping.wait(_LOOK_SECONDS):
            try:
                self.do_due()
                self._night.run_due(datetime.now().astimezone())
            except VadeError as error:  # the database may be busy now and free in two seconds
                log.warning("worker.failed", error=str(error))

    def stop(self) -> None:
        """Take no more work; a run under way ends with its current documents."""
        self._runs.stopping.set()

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_SECONDS)

    def do_due(self) -> int:
        """Do the work that is due now, but uploads, which have a worker of their own.

        Returns how many sources were worked on.
        """
        with self._database.reading() as session:
            due = sources_with_work(session, self._runs.holder())
            entries = {entry.id: entry for entry in list_sources(session) if entry.kind != UPLOADS}
        return sum(self._do(entries[number]) for number in due if number in entries and self._may(number))

    def _may(self, source_id: int) -> bool:
        rested = time.monotonic() >= self._rests_until.get(source_id, 0.0)
        return rested and not self._runs.stopping.is_set()

    def _do(self, entry: SourceEntry) -> bool:
        try:
            report = self._work(entry)
        except AlreadyRunningError:
            return False
        except VadeError as error:
            log.warning("worker.source_failed", source=entry.uri, error=str(error))
            self._rests_until[entry.id] = time.monotonic() + _REST_SECONDS
            return False
        log.info("worker.did", source=entry.uri, documents=len(report.documents), ok=report.is_clean)
        return True
