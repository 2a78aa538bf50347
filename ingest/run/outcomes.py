"""Outcomes of documents: each is written in the transaction that takes its job off the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.errors import (
    FetchError,
    LeaseLostError,
    ParseError,
    QuarantineError,
    ReaderCrashError,
    VadeError,
)
from core.settings import IngestSettings
from core.store.database import Database
from core.store.documents.members import MemberChanges, PreparedMember, commit_members
from core.store.documents.writing import (
    READ,
    Fetched,
    PreparedVersion,
    commit_failure,
    commit_unchanged,
    commit_version,
    is_settled,
)
from core.store.jobs import JobState, Lease, end_cancelled, finish, give_up, postpone
from core.values.documents import DocumentState
from ingest.run.report import Outcome
from ingest.run.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document ready to be committed: its version, and the files inside it."""

    file: Fetched
    version: PreparedVersion
    members: Sequence[PreparedMember]
    gated: bool
    """The new versions wait until the golden questions hold."""


class Outcomes:
    """Writes outcomes: searchable, unchanged, failed, to be tried again, or quarantined."""

    def __init__(self, database: Database, settings: IngestSettings) -> None:
        self._database = database
        self._settings = settings

    def refuse(self, lease: Lease, run: Run) -> None:
        """Refuse a job that was cancelled, or that failed or ended its worker as often as is allowed.

        Raises: LeaseLostError; QuarantineError.
        """
        if run.leases.is_taken(lease):
            raise LeaseLostError
        if lease.attempts > self._settings.max_attempts:
            times = lease.attempts - 1
            raise QuarantineError(
                lease.reason or f"the program ended {_times(times)} while it was at this document"
            )

    def searchable(self, lease: Lease, new: NewDocument, run: Run) -> None:
        """Commit a document's new version, and the files inside it."""
        changes: list[MemberChanges] = []

        def write(session: Session) -> None:
            finish(session, lease)
            waits = commit_version(session, new.file, new.version, new.gated)
            run.report.waiting += waits
            changes.append(commit_members(session, new.file.uri, new.members, new.gated))

        if self._write(lease, run, write):
            known = run.known.get(new.file.uri)
            is_new = known is None or not known.readable
            run.report.chunks += len(new.version.chunks)
            outcome = Outcome.ADDED if is_new else Outcome.CHANGED
            run.journal.report_outcome(new.file.uri, outcome, notices=new.version.parsed.notices)
            _report_members(new.members, changes[-1], run)

    def is_known(self, file: Fetched, run: Run) -> bool:
        """Return whether this content was dealt with before and need not be again."""
        known = run.known.get(file.uri)
        if known is None or not is_settled(known, file):
            return False
        return not (run.options.retry and known.has_failed)

    def unchanged(self, lease: Lease, file: Fetched, run: Run) -> None:
        """End the job of a document whose content is known; if it failed before, report that again."""
        known = run.known[file.uri]
        if known.state not in READ:
            self.failed(lease, file, ParseError(known.reason), run)
            return

        def write(session: Session) -> None:
            finish(session, lease)
            commit_unchanged(session, file)

        if self._write(lease, run, write):
            changed = file.uri in run.journal.regranted
            outcome = Outcome.PERMISSIONS if changed else Outcome.UNCHANGED
            run.journal.report_outcome(file.uri, outcome)
            run.journal.report_members(known, outcome)

    def failed(self, lease: Lease, file: Fetched, error: VadeError, run: Run) -> None:
        """Note why a document cannot be fetched or read; if that may pass, it is tried again later."""
        passing = isinstance(error, FetchError | ReaderCrashError)
        if passing and lease.attempts < self._settings.max_attempts:
            seconds = self._settings.retry_seconds * 2 ** (lease.attempts - 1)
            written = self._write(lease, run, lambda session: postpone(session, lease, str(error), seconds))
        else:
            given_up = passing or isinstance(error, QuarantineError)
            state = DocumentState.QUARANTINED if given_up else DocumentState.FAILED

            def write(session: Session) -> None:
                give_up(session, lease, JobState(state.value), str(error))
                commit_failure(session, file, str(error), state)

            written = self._write(lease, run, write)
        if written:
            run.journal.report_outcome(file.uri, Outcome.FAILED, error)

    def _write(self, lease: Lease, run: Run, write: Callable[[Session], None]) -> bool:
        """Write an outcome; return False if the job was cancelled or is another worker's by now."""
        try:
            with run.timed("commit", lease):
                self._database.write(write)
        except LeaseLostError as error:
            with self._database.writing() as session:
                end_cancelled(session, [lease])
            run.journal.report_outcome(lease.key, Outcome.CANCELLED, error)
            return False
        finally:
            run.leases.drop(lease)
        return True


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _report_members(members: Sequence[PreparedMember], changes: MemberChanges, run: Run) -> None:
    outcomes = {
        Outcome.ADDED: changes.added,
        Outcome.CHANGED: changes.changed,
        Outcome.UNCHANGED: changes.unchanged,
    }
    by_uri = {uri: outcome for outcome, uris in outcomes.items() for uri in uris}
    for member in members:
        if isinstance(member.version, ParseError):
            run.journal.report_member(member.file.uri, Outcome.FAILED, member.version)
        else:
            outcome = by_uri[member.file.uri]
            written = outcome is not Outcome.UNCHANGED
            run.report.chunks += len(member.version.chunks) if written else 0
            run.journal.report_member(
                member.file.uri, outcome, notices=member.version.parsed.notices if written else ()
            )
    for uri in changes.deleted:
        run.journal.report_member(uri, Outcome.DELETED)
