"""A run over a source: the only one at a time, and what it leaves behind however it ends."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from core.errors import AlreadyRunningError, LeaseLostError, ParseError, StorageError, VadeError
from core.locks import SignOfLife
from core.store.database import Database
from core.store.documents.snapshot import DocumentSnapshot, document_snapshots
from core.store.jobs import (
    INTERACTIVE,
    SYNC,
    Holder,
    Lease,
    NewJob,
    claim_one,
    end_cancelled,
    enqueue,
    finish,
    is_running,
    owners,
    release,
    renew,
)
from core.store.sources import RunState, SourceEntry, begin_run, end_run, register
from core.values.documents import DocumentState
from ingest.connectors.source import Source
from ingest.run.report import Outcome, Progress, RunReport
from llm.embedding.embedder import Embedder

log = structlog.get_logger()
_LOOK_AGAIN_SECONDS = 0.1
GIVEN_UP = frozenset({DocumentState.FAILED, DocumentState.QUARANTINED})
"""States that need a person, or a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run is told.

    `retry` tries again what failed without having changed. `allow_deletions` believes a source that
    lists nothing, or much less than before. `wait_seconds` is how long to wait for another run.
    Without `listing` only what waits already is done.
    """

    retry: bool = False
    allow_deletions: bool = False
    listing: bool = True
    wait_seconds: float = 0.0
    priority: int = INTERACTIVE


PLAIN = RunOptions()


class Run:
    """A run under way: what was known at its start, what it holds leased, and the report that it writes.

    It embeds by one `embedder` from its beginning to its end; if it `holds`, what it writes waits.
    """

    embedder: Embedder
    holds: bool = False

    def __init__(
        self,
        source: SourceEntry,
        number: int,
        lease: Lease,
        known: dict[str, DocumentSnapshot],
        options: RunOptions,
        on_progress: Progress,
    ) -> None:
        self.source = source
        self.number = number
        self.lease = lease
        self.known = known
        self.options = options
        self.report = RunReport(source=source.uri, run=number)
        self.regranted: set[str] = set()
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._stages: dict[Lease, str] = {}
        self._taken: set[Lease] = set()
        self._stopped = threading.Event()

    def report_outcome(
        self, uri: str, outcome: Outcome, error: VadeError | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Note one document's outcome and pass it on."""
        document = self.report.note(uri, outcome, error, notices)
        self._on_progress(document, self.report.listed + self.report.inside)

    def tell_members(self, known: DocumentSnapshot, outcome: Outcome) -> None:
        """Tell of the files inside a document that share its outcome; what failed before is told again."""
        for member in known.members:
            if member.state in GIVEN_UP and outcome is not Outcome.DELETED:
                self.tell_member(member.uri, Outcome.FAILED, ParseError(member.reason))
            else:
                self.tell_member(member.uri, outcome)

    def tell_member(
        self, uri: str, outcome: Outcome, error: VadeError | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Note the outcome of a file inside a document, which no source lists."""
        self.report.inside += 1
        self.report_outcome(uri, outcome, error, notices)

    @contextmanager
    def timed(self, stage: str, *leases: Lease) -> Iterator[None]:
        """Count the time inside as this stage's, and let others see that these jobs are at it."""
        for lease in leases:
            self.stage(lease, stage)
        with self.report.timed(stage):
            yield

    def hold(self, leases: Iterable[Lease]) -> None:
        """Keep leases alive from now on."""
        with self._lock:
            self._stages.update(dict.fromkeys(leases, ""))

    def stage(self, lease: Lease, stage: str) -> None:
        """Say what is being done; others see it with the next heartbeat."""
        with self._lock:
            if lease in self._stages:
                self._stages[lease] = stage

    def begin_page(self, lease: Lease, page: int, pages: int, recognizing: bool) -> None:
        """Say which page of a long document is being read.

        Raises: LeaseLostError if the job or the run was cancelled, or is another's by now.
        """
        if self.is_taken(lease) or self.is_taken(self.lease):
            raise LeaseLostError()
        if pages > 1:
            self.stage(lease, f"{'recognize' if recognizing else 'parse'}, page {page} of {pages}")

    def check(self) -> None:
        """Raises: LeaseLostError if the run was cancelled, or is another's by now."""
        if self.is_taken(self.lease):
            raise LeaseLostError(f"the run over {self.source.uri} was cancelled, or taken over by another")

    def drop(self, lease: Lease) -> None:
        """Let a lease go whose job has ended."""
        with self._lock:
            self._stages.pop(lease, None)

    def is_taken(self, lease: Lease) -> bool:
        """Return whether a lease is known to be lost or cancelled."""
        with self._lock:
            return lease in self._taken

    @property
    def held(self) -> dict[Lease, str]:
        """The leases held, with the stage of each."""
        with self._lock:
            return dict(self._stages)

    def lose(self, leases: set[Lease]) -> None:
        """Note that leases were taken away."""
        with self._lock:
            self._taken |= leases
            for lease in leases:
                self._stages.pop(lease, None)


class Runs:
    """Opens runs: one at a time over a source, whatever machines share the database."""

    def __init__(self, database: Database, life: SignOfLife, lease_seconds: float) -> None:
        self._database = database
        self._life = life
        self._lease_seconds = lease_seconds
        self.stopping = threading.Event()
        """Once set, every run ends with the documents that are under way; the rest is left to the next."""

    def holder(self) -> Holder:
        """Return who takes leases here, with what is known of the dead."""
        with self._database.reading() as session:
            dead = self._life.dead(owners(session))
        return Holder(self._life.name, dead, self._lease_seconds)

    @contextmanager
    def open(self, source: Source, options: RunOptions, on_progress: Progress) -> Iterator[Run]:
        """Hold the only run over a source; at the end its report is kept and its leases are free.

        Raises: AlreadyRunningError if another run is at work after `options.wait_seconds`.
        """
        run = self._begin(source, options, on_progress)
        run.hold([run.lease])
        beating = threading.Event()
        heart = threading.Thread(target=self._beat, args=(run, beating), name="heartbeat", daemon=True)
        heart.start()
        state, reason = RunState.FAILED, "it was stopped in the middle"
        try:
            yield run
            self._renew(run)
            run.check()
            if self.stopping.is_set():
                reason = "the worker was stopped; what is left is done by the next run"
                return
            state, reason = (
                (RunState.SUSPICIOUS, run.report.suspicion) if run.report.suspicion else (RunState.DONE, "")
            )
        except VadeError as error:
            reason = str(error)
            raise
        finally:
            beating.set()
            heart.join()
            self._end(run, state, reason)

    def _begin(self, source: Source, options: RunOptions, on_progress: Progress) -> Run:
        patience = time.monotonic() + options.wait_seconds
        while True:
            holder = self.holder()
            with self._database.writing() as session:
                entry = register(session, source.uri, source.kind, source.config)
                if not is_running(session, holder, SYNC, source.uri):
                    number = begin_run(session, entry.id)
                    enqueue(
                        session,
                        [
                            NewJob(
                                kind=SYNC,
                                key=source.uri,
                                source_id=entry.id,
                                run_id=number,
                                priority=options.priority,
                            )
                        ],
                    )
                    lease = claim_one(session, holder, SYNC, source.uri)
                    known = document_snapshots(session, source.uri)
                    return Run(entry, number, lease, known, options, on_progress)
            if time.monotonic() >= patience:
                raise AlreadyRunningError(f"another run over {source.uri} is at work; this one did nothing")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _beat(self, run: Run, ended: threading.Event) -> None:
        """Renew the run's leases until it ends."""
        while not ended.wait(self._lease_seconds / 6):
            try:
                self._renew(run)
            except StorageError as error:  # the next beat may come through; the lease outlives five
                log.warning("run.heartbeat", source=run.source.uri, error=str(error))

    def renew(self, session: Session, run: Run) -> set[Lease]:
        """Hold the run's leases for longer; return those that were taken away, for `Run.lose`."""
        holder = Holder(self._life.name, lease_seconds=self._lease_seconds)
        taken = renew(session, holder, run.held)
        end_cancelled(session, taken)
        return taken

    def _renew(self, run: Run) -> None:
        with self._database.writing() as session:
            taken = self.renew(session, run)
        run.lose(taken)

    def _end(self, run: Run, state: RunState, reason: str) -> None:
        held = run.held
        mine = held.pop(run.lease, None) is not None
        with self._database.writing() as session:
            release(session, held)
            end_run(session, run.number, state, reason, run.report.as_json())
            if mine:
                finish(session, run.lease)
