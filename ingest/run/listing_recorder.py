"""Listings made into jobs: each part of a listing is one transaction."""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from core.errors import ParseError, SourceError
from core.permissions import common_readers
from core.settings import IngestSettings
from core.store.database import Database
from core.store.documents.snapshot import DocumentSnapshot
from core.store.documents.writing import READ, confirm_grants, see, tombstone, update_grants, update_metadata
from core.store.jobs import DOCUMENT, NewJob, enqueue
from core.store.sources import advance, hold_readers
from core.values.documents import DocumentState
from ingest.connectors.listing import sound_listings
from ingest.connectors.source import Listed, Listing, Source
from ingest.run.journal import GIVEN_UP
from ingest.run.reader_changes import Change, ReaderChange, counted_changes, reader_change
from ingest.run.report import Outcome
from ingest.run.run import Run, Runs

# A connection that waits for SQLite tries every tenth of a second: one long transaction right after
# another would keep all others out, deletions included.
_LONG_SECONDS = 0.3
_TURN_SECONDS = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do with a source's documents."""

    work: tuple[Listed, ...]
    """Documents to fetch."""
    kept: tuple[Listed, ...]
    """Documents to leave as they are."""
    gone: tuple[str, ...]
    """Documents to remove, by URI."""
    readers: tuple[ReaderChange, ...] = ()
    """The readers that documents would lose or gain."""


class ListingRecorder:
    """Enters listings: jobs for new and changed documents, permissions for all documents."""

    def __init__(
        self, database: Database, settings: IngestSettings, fingerprint: Callable[[], str], runs: Runs
    ) -> None:
        self._database = database
        self._runs = runs
        self._settings = settings
        self._fingerprint = fingerprint

    def record(self, source: Source, run: Run) -> None:
        """Enter all that the source lists; then remove what is gone, unless it is suspiciously much.

        The cursor moves in the transaction that makes the jobs, so no listed document can be lost.

        Raises: SourceError if the source cannot be listed; LeaseLostError if the run was cancelled. What
        was entered before stays.
        """
        named: set[str] = set()
        gone: set[str] = set()
        unreadable: list[str] = []
        limits: list[tuple[str, frozenset[str]]] = []
        complete = False
        cursor = ""
        for listing in sound_listings(source, "" if run.options.retry else run.source.cursor):
            began = time.monotonic()
            with run.timed("record"), self._database.writing() as session:
                self._enter(session, listing, run, named)
                _hold_readers(session, listing, run)
                if listing.cursor and not listing.gone and not listing.complete:
                    advance(session, run.source.id, listing.cursor)
                # between long transactions a heartbeat may not get its turn
                taken = self._runs.renew(session, run.leases)
            if time.monotonic() - began > _LONG_SECONDS:
                time.sleep(_TURN_SECONDS)
            run.leases.lose(taken)
            run.leases.check()
            gone.update(listing.gone)
            unreadable.extend(uri for uri, _ in listing.unreadable)
            limits.extend(listing.limits)
            complete, cursor = listing.complete, listing.cursor or cursor
            for uri, problem in listing.unreadable:
                run.journal.report_outcome(uri, Outcome.FAILED, problem)
        self._limit_readers(run, limits, named, frozenset(unreadable))
        if complete:
            gone.update(_unnamed(run.known, unreadable))
        self._remove(run, gone - named, bool(named), complete, cursor)

    def plan(self, source: Source, run_known: dict[str, DocumentSnapshot], cursor: str, retry: bool) -> Plan:
        """Return what a run would do, without writing. Raises: SourceError."""
        work: list[Listed] = []
        kept: list[Listed] = []
        changes: list[Change | None] = []
        gone: set[str] = set()
        unreadable: list[str] = []
        complete = False
        for listing in sound_listings(source, cursor):
            for listed in listing.listed:
                known = run_known.get(listed.uri)
                changes.append(reader_change(known, listed))
                (kept if self._is_settled(known, listed, retry) else work).append(listed)
            gone.update(listing.gone)
            unreadable.extend(uri for uri, _ in listing.unreadable)
            complete = listing.complete
        if complete:
            gone.update(_unnamed(run_known, unreadable))
        live = {uri for uri, known in run_known.items() if known.state != DocumentState.DELETED}
        named = {listed.uri for listed in (*work, *kept)}
        return Plan(
            work=tuple(work),
            kept=tuple(kept),
            gone=tuple(sorted((gone & live) - named)),
            readers=counted_changes(filter(None, changes)),
        )

    def _limit_readers(
        self,
        run: Run,
        limits: Collection[tuple[str, frozenset[str]]],
        named: Collection[str],
        failed: Collection[str],
    ) -> None:
        """Let documents that are kept without being listed be read by no one beyond the limits.

        Their readers could not be found out, and who lost a permission since must not keep it.
        """
        narrowed = _narrowed(run.known, limits)
        for uri, readers in sorted(narrowed.items()):
            if uri not in named:
                with run.timed("record"), self._database.writing() as session:
                    update_grants(session, run.known[uri].id, readers)
                if uri not in failed:  # that is reported already
                    run.journal.report_outcome(uri, Outcome.PERMISSIONS)

    def _enter(self, session: Session, listing: Listing, run: Run, named: set[str]) -> None:
        jobs = []
        for listed in listing.listed:
            if listed.uri in named:
                continue
            named.add(listed.uri)
            known = run.known.get(listed.uri)
            if known and known.principals != listed.principals:
                run.journal.regranted.add(listed.uri)
            if change := reader_change(known, listed):
                run.report.reader_changes.append(change)
            if known and self._is_settled(known, listed, run.options.retry):
                self._keep(session, known, listed, run)
                continue
            see(session, run.source.id, listed.uri, listed.name, listed.principals, listed.metadata)
            payload = {"name": listed.name, "stamp": listed.stamp}
            jobs.append(
                NewJob(
                    kind=DOCUMENT,
                    key=listed.uri,
                    source_id=run.source.id,
                    run_id=run.number,
                    priority=run.options.priority,
                    payload=payload,
                    fresh=run.options.retry,
                )
            )
        enqueue(session, jobs)
        run.report.listed = len(named)

    def _keep(self, session: Session, known: DocumentSnapshot, listed: Listed, run: Run) -> None:
        """Leave a document's content as it is; its permissions and metadata may have changed."""
        changed = known.principals != listed.principals
        if changed:
            update_grants(session, known.id, listed.principals)
        if changed or known.unconfirmed:
            confirm_grants(session, known.id)
        if known.metadata != listed.metadata.as_text():
            update_metadata(session, known.id, listed.metadata)
        if known.state in GIVEN_UP:
            run.journal.report_outcome(listed.uri, Outcome.FAILED, ParseError(known.reason))
        else:
            outcome = Outcome.PERMISSIONS if changed else Outcome.UNCHANGED
            run.journal.report_outcome(listed.uri, outcome)
            run.journal.report_members(known, outcome)

    def _is_settled(self, known: DocumentSnapshot | None, listed: Listed, retry: bool) -> bool:
        """Return whether the source's stamp shows that there is no new content to fetch."""
        return (
            known is not None
            and bool(listed.stamp)
            and (known.stamp, known.pipeline) == (listed.stamp, self._fingerprint())
            and (known.state in READ or known.state in GIVEN_UP)
            and not (retry and known.has_failed)
        )

    def _remove(self, run: Run, gone: Collection[str], any_named: bool, complete: bool, cursor: str) -> None:
        live = {uri: known.id for uri, known in run.known.items() if known.state != DocumentState.DELETED}
        going = sorted(set(gone) & set(live))
        if not run.options.allow_deletions:
            if complete and live and not any_named:
                raise SourceError(
                    f"{run.source.uri} lists no document, although {_known(len(live))}. "
                    "If it is empty on purpose, repeat with --allow-deletions"
                )
            if len(going) > max(self._settings.fuse_documents, self._settings.fuse_share * len(live)):
                run.report.suspicion = (
                    f"{len(going)} of {len(live)} documents would be removed; all are kept. "
                    "If they were removed on purpose, repeat with --allow-deletions"
                )
                return
        for uri in going:
            with run.timed("commit"), self._database.writing() as session:
                tombstone(session, live[uri])
            run.journal.report_outcome(uri, Outcome.DELETED)
            run.journal.report_members(run.known[uri], Outcome.DELETED)
        if cursor:
            with self._database.writing() as session:
                advance(session, run.source.id, cursor)


def _narrowed(
    known: Mapping[str, DocumentSnapshot], limits: Collection[tuple[str, frozenset[str]]]
) -> dict[str, frozenset[str]]:
    """Return the readers that remain for each known document that loses some by the limits, by URI."""
    found: dict[str, frozenset[str]] = {}
    by_uri: dict[str, frozenset[str]] = {}
    for uri, readers in limits:
        by_uri[uri] = common_readers(by_uri.get(uri, readers), readers)
    for uri, document in known.items() if by_uri else ():
        remaining = document.principals
        for at in (uri, *(uri[: match.start()] for match in re.finditer("/", uri))):
            if at in by_uri:
                remaining = common_readers(remaining, by_uri[at])
        if remaining != document.principals and document.state != DocumentState.DELETED:
            found[uri] = remaining
    return found


def _unnamed(known: Iterable[str], unreadable: Collection[str]) -> Iterator[str]:
    """Yield the known documents that are neither unreadable nor lie below what is."""
    whole, below = set(unreadable), tuple(f"{uri}/" for uri in unreadable)
    return (uri for uri in known if uri not in whole and not uri.startswith(below))


def _known(number: int) -> str:
    if number == 1:
        return "1 document was known; it is kept"
    return f"{number:,} documents were known; they are kept"


def _hold_readers(session: Session, listing: Listing, run: Run) -> None:
    """Extend the validity of the source's permissions if the listing is complete.

    If it is not, a source whose permissions expire only gets its first limit.
    """
    until = None
    if listing.readers_hours:
        until = datetime.now(UTC) + timedelta(hours=listing.readers_hours)
    if until or listing.complete:
        hold_readers(session, run.source.id, until, renew=listing.complete)
