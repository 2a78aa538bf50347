"""Runs over sources: one at a time over each, and a stored report however it ends."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy.orm import Session

from core.errors import AlreadyRunningError, StorageError, VadeError
from core.locks import SignOfLife
from core.store.database import Database
from core.store.documents.snapshot import DocumentSnapshot, document_snapshots
from core.store.embedders import EmbedderEntry
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
from ingest.connectors.source import Source
from ingest.run.journal import Journal
from ingest.run.leases import HeldLeases
from ingest.run.report import Progress, RunReport
from llm.embedding.embedder import Embedder

log = structlog.get_logger()
_LOOK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How one run is to be made."""

    retry: bool = False
    """Try again the documents that failed and have not changed since."""
    allow_deletions: bool = False
    """Believe a source that lists no document, or far fewer than before."""
    listing: bool = True
    """List the source; without it only the jobs that wait already are done."""
    wait_seconds: float = 0.0
    """How long to wait for another run over the source to end."""
    priority: int = INTERACTIVE
    stop: threading.Event = field(default_factory=threading.Event)
    """Once set, the run ends with the documents that are under way."""


PLAIN = RunOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run under way: its context, the leases that it holds, and the journal that it keeps."""

    source: SourceEntry
    number: int
    """The run's id in the database."""
    options: RunOptions
    known: Mapping[str, DocumentSnapshot]
    """The source's documents as they were when the run began, by URI."""
    embedders: Sequence[tuple[EmbedderEntry, Embedder]]
    """Embed every document of the run, even if others come into force meanwhile; the first one's tokenizer
    counts the tokens of chunks."""
    leases: HeldLeases
    journal: Journal
    worker_stops: threading.Event
    """Set once every run of the worker has to end."""

    @property
    def is_stopping(self) -> bool:
        """Whether the run ends with the documents that are under way."""
        return self.options.stop.is_set() or self.worker_stops.is_set()

    @property
    def report(self) -> RunReport:
        """The report that the journal writes."""
        return self.journal.report

    @contextmanager
    def timed(self, stage: str, *leases: Lease) -> Iterator[None]:
        """Count the time inside as this stage's, and show these jobs in this stage."""
        for lease in leases:
            self.leases.set_stage(lease, stage)
        with self.report.timed(stage):
            yield


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A run's rows in the database, as they were made in one transaction."""

    source: SourceEntry
    number: int
    lease: Lease
    known: Mapping[str, DocumentSnapshot]


class Runs:
    """Opens runs: one at a time over a source, on all machines that share the database."""

    def __init__(
        self,
        database: Database,
        life: SignOfLife,
        in_force: Callable[[], Sequence[tuple[EmbedderEntry, Embedder]]],
        lease_seconds: float,
    ) -> None:
        """Open runs that embed by the embedders that are `in_force` when each begins."""
        self._database = database
        self._life = life
        self._in_force = in_force
        self._lease_seconds = lease_seconds
        self.stopping = threading.Event()
        """Once set, every run ends with the documents that are under way; the rest is left to the next."""

    def holder(self) -> Holder:
        """Return the holder of the leases taken here, with the holders that are known to be dead."""
        with self._database.reading() as session:
            dead = self._life.dead(owners(session))
        return Holder(self._life.name, dead, self._lease_seconds)

    @contextmanager
    def open(self, source: Source, options: RunOptions, on_progress: Progress) -> Iterator[Run]:
        """Open the only run over a source; at its end the report is stored and the leases are released.

        Raises: AlreadyRunningError if another run is at work after `options.wait_seconds`.
        """
        begun = self._begin(source, options)
        leases = HeldLeases(begun.lease)
        journal = Journal(RunReport(source=begun.source.uri, run=begun.number), on_progress)
        beating = threading.Event()
        heart = threading.Thread(target=self._beat, args=(leases, beating), name="heartbeat", daemon=True)
        heart.start()
        state, reason = RunState.FAILED, "it was stopped in the middle"
        try:
            run = Run(
                source=begun.source,
                number=begun.number,
                options=options,
                known=begun.known,
                embedders=self._in_force(),
                leases=leases,
                journal=journal,
                worker_stops=self.stopping,
            )
            yield run
            self._renew(leases)
            leases.check()
            if run.is_stopping:
                reason = "the worker was stopped; the next run does the rest"
                return
            suspicion = journal.report.suspicion
            state, reason = (RunState.SUSPICIOUS if suspicion else RunState.DONE), suspicion
        except VadeError as error:
            reason = str(error)
            raise
        finally:
            beating.set()
            heart.join()
            self._end(leases, journal.report, state, reason)

    def _begin(self, source: Source, options: RunOptions) -> _Begun:
        patience = time.monotonic() + options.wait_seconds
        while True:
            holder = self.holder()
            with self._database.writing() as session:
                entry = register(session, source.uri, source.kind, source.config)
                if not is_running(session, holder, SYNC, source.uri):
                    number = begin_run(session, entry.id)
                    job = NewJob(
                        kind=SYNC,
                        key=source.uri,
                        source_id=entry.id,
                        run_id=number,
                        priority=options.priority,
                    )
                    enqueue(session, [job])
                    lease = claim_one(session, holder, SYNC, source.uri)
                    known = document_snapshots(session, source.uri)
                    return _Begun(source=entry, number=number, lease=lease, known=known)
            if time.monotonic() >= patience:
                raise AlreadyRunningError(f"another run over {source.uri} is at work; this one did nothing")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _beat(self, leases: HeldLeases, ended: threading.Event) -> None:
        """Renew a run's leases until it ends."""
        while not ended.wait(self._lease_seconds / 6):
            try:
                self._renew(leases)
            except StorageError as error:  # the next beat may come through; a lease outlives five
                log.warning("run.heartbeat", source=leases.own.key, error=str(error))

    def renew(self, session: Session, leases: HeldLeases) -> set[Lease]:
        """Renew a run's leases; return those that were taken away, for `HeldLeases.lose`."""
        holder = Holder(self._life.name, lease_seconds=self._lease_seconds)
        taken = renew(session, holder, leases.held)
        end_cancelled(session, taken)
        return taken

    def _renew(self, leases: HeldLeases) -> None:
        with self._database.writing() as session:
            taken = self.renew(session, leases)
        leases.lose(taken)

    def _end(self, leases: HeldLeases, report: RunReport, state: RunState, reason: str) -> None:
        held = leases.held
        mine = held.pop(leases.own, None) is not None
        with self._database.writing() as session:
            release(session, held)
            end_run(session, report.run, state, reason, report.as_json())
            if mine:
                finish(session, leases.own)
