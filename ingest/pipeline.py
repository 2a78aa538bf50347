"""From a source to committed document versions: the whole writing side on one screen."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, takewhile

from core.errors import FetchError, LeaseLostError, ParseError, QuarantineError, VadeError
from core.events import ignore
from core.settings import IngestSettings
from core.store.database import Database
from core.store.documents.gating import must_wait
from core.store.documents.members import PreparedMember
from core.store.documents.snapshot import document_snapshots
from core.store.documents.writing import Fetched, PreparedVersion
from core.store.jobs import DOCUMENT, Lease, claim
from core.store.sources import cursor_of
from core.values.documents import Chunk, ParsedDocument
from ingest.chunker import CHUNKER_VERSION, chunk
from ingest.connectors.source import Listed, Source
from ingest.embedding import WindowVectors, embedded, kept_vectors, vectors_of
from ingest.languages import with_languages
from ingest.parsers.formats import PARSERS_VERSION
from ingest.parsers.progress import reporting_progress
from ingest.run.listing_recorder import ListingRecorder, Plan
from ingest.run.outcomes import NewDocument, Outcomes
from ingest.run.prefetch import prefetch
from ingest.run.report import Progress, RunReport
from ingest.run.run import PLAIN, Run, RunOptions, Runs
from ingest.uris import member_uri

Parse = Callable[[bytes, str], ParsedDocument]
"""Turns a file's content and name into a document or raises ParseError; many threads call it at once."""

# Jobs leased at once: enough to fill a window of small documents.
_JOBS_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A file, the document's own or one inside it, cut into chunks."""

    file: Fetched
    name: str
    parsed: ParsedDocument | ParseError
    """The content, or why it cannot be read."""
    chunks: Sequence[Chunk] = ()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A parsed and chunked document on its way to the embedder."""

    lease: Lease
    parts: Sequence[_Part]
    """The document itself, then the files inside it."""

    @property
    def chunks(self) -> list[Chunk]:
        """The chunks of all parts, in order."""
        return [chunk for part in self.parts for chunk in part.chunks]


@dataclass(frozen=True, slots=True)
class _Ended:
    """A document without text to embed: it is unchanged, or cannot be fetched or read."""

    lease: Lease
    file: Fetched
    error: VadeError | None = None


class Pipeline:
    """Brings the documents of a source into the database, one transaction for each document."""

    def __init__(
        self,
        database: Database,
        runs: Runs,
        settings: IngestSettings,
        parse: Parse,
    ) -> None:
        self._database = database
        self._runs = runs
        self._settings = settings
        self._parse = parse
        self._recorder = ListingRecorder(database, settings, self.fingerprint, runs)
        self._outcomes = Outcomes(database, settings)

    def fingerprint(self) -> str:
        """Return the versions and settings that a document's chunks depend on besides its content.

        The embedder is not one of them: another embedder embeds the same chunks.
        """
        return f"parsers {PARSERS_VERSION}, chunker {CHUNKER_VERSION}, {self._settings.chunk_tokens} tokens"

    def ingest(
        self, source: Source, on_progress: Progress = ignore, options: RunOptions = PLAIN
    ) -> RunReport:
        """Make the database hold what the source holds now; return the run's report.

        A document that cannot be read is reported and the rest goes on; one that failed before is
        tried again only if it changed, or with `options.retry`. Documents committed before an error
        stay, and a repeated call does only the work that is left.

        Raises: SourceError if the source cannot be listed; StorageError if nothing can be written;
        AlreadyRunningError if another run over the source is at work.
        """
        with self._runs.open(source, options, on_progress) as run:
            if options.listing:
                self._recorder.record(source, run)
            with self._database.reading() as session:
                gated = must_wait(session, run.source.id, self._settings.gate_share)
            for window in self._windows(source, run):
                vectors = self._embed(window, run)
                for prepared in window:
                    self._commit(prepared, vectors, run, gated)
        return run.report

    def plan(self, source: Source, retry: bool = False) -> Plan:
        """Return what `ingest` would do. Raises: SourceError."""
        with self._database.reading() as session:
            known = document_snapshots(session, source.uri)
            cursor = cursor_of(session, source.uri)
        return self._recorder.plan(source, known, "" if retry else cursor, retry)

    def _windows(self, source: Source, run: Run) -> Iterator[list[_Prepared]]:
        """Yield prepared documents in groups that are worth embedding together.

        The next documents are read while a group is embedded.
        """
        window: list[_Prepared] = []
        claimed = chain.from_iterable(iter(partial(self._claim, run), []))
        leases = takewhile(lambda lease: not run.is_stopping, claimed)
        for prepared in prefetch(
            partial(self._prepare, source, run), leases, self._settings.parser_processes
        ):
            if isinstance(prepared, _Prepared):
                window.append(prepared)
            elif prepared.error:
                self._outcomes.failed(prepared.lease, prepared.file, prepared.error, run)
            else:
                self._outcomes.unchanged(prepared.lease, prepared.file, run)
            if sum(len(held.chunks) for held in window) >= self._settings.window_chunks:
                yield window
                window = []
        if window:
            yield window

    def _claim(self, run: Run) -> list[Lease]:
        """Lease the source's next jobs, including those that an earlier run left behind."""
        if run.leases.is_taken(run.leases.own) or run.is_stopping:
            return []
        holder = self._runs.holder()
        with run.timed("claim"), self._database.writing() as session:
            leases = claim(session, holder, DOCUMENT, _JOBS_AT_ONCE, run.source.id)
        run.leases.hold(leases)
        return leases

    def _prepare(self, source: Source, run: Run, lease: Lease) -> _Prepared | _Ended:
        """Fetch, parse and chunk one document, unless it is known already."""
        listed = Listed(
            uri=lease.key, name=lease.payload["name"], principals=frozenset(), stamp=lease.payload["stamp"]
        )
        file = Fetched(
            uri=lease.key, content_sha256="", size_bytes=0, stamp=listed.stamp, pipeline=self.fingerprint()
        )
        try:
            self._outcomes.refuse(lease, run)
            with run.timed("fetch", lease):
                content = source.fetch(listed)
            digest = hashlib.sha256(content).hexdigest()
            file = replace(file, content_sha256=digest, size_bytes=len(content))
            if self._outcomes.is_known(file, run):
                return _Ended(lease, file)
            with run.timed("parse", lease), reporting_progress(partial(run.leases.begin_page, lease)):
                parsed = self._parse(content, listed.name)
            with run.timed("chunk", lease):
                parts = [
                    self._part(file, listed.name, parsed, run),
                    *self._members(file, parsed, run),
                ]
        except (FetchError, ParseError, QuarantineError, LeaseLostError) as error:
            return _Ended(lease, file, error)
        run.leases.set_stage(lease, "waiting for its vectors")
        return _Prepared(lease, parts)

    def _part(self, file: Fetched, name: str, parsed: ParsedDocument, run: Run) -> _Part:
        _, first = run.embedders[0]
        chunks = chunk(parsed, first.tokenizer, self._settings.chunk_tokens)
        return _Part(file=file, name=name, parsed=parsed, chunks=with_languages(parsed, chunks))

    def _members(self, file: Fetched, parsed: ParsedDocument, run: Run) -> Iterator[_Part]:
        for member in parsed.members:
            uri = member_uri(file.uri, member.path)
            inner = Fetched(
                uri=uri,
                content_sha256=member.content_sha256,
                size_bytes=member.size_bytes,
                stamp="",
                pipeline=file.pipeline,
            )
            if isinstance(member.document, ParseError):
                yield _Part(file=inner, name=member.name, parsed=member.document)
            else:
                yield self._part(inner, member.name, member.document, run)

    def _embed(self, window: Sequence[_Prepared], run: Run) -> WindowVectors:
        """Return the vectors of all chunks; a text of a document's last version is not embedded again."""
        parts = [part for prepared in window for part in prepared.parts]
        changed = [prepared for prepared in window if prepared.lease.key in run.known]
        uris = [part.file.uri for prepared in changed for part in prepared.parts]
        known = kept_vectors(self._database, run.embedders, uris)
        chunks = [chunk for part in parts for chunk in part.chunks]
        with run.timed("embed", *(prepared.lease for prepared in window)):
            vectors, number = embedded(chunks, run.embedders, known)
        run.report.embedded += number
        return vectors

    def _commit(self, prepared: _Prepared, vectors: WindowVectors, run: Run, gated: bool) -> None:
        own, *members = [_filled(part, vectors) for part in prepared.parts]
        assert isinstance(own.version, PreparedVersion)  # what cannot be read was never prepared
        new = NewDocument(file=own.file, version=own.version, members=members, gated=gated)
        self._outcomes.searchable(prepared.lease, new, run)


def _filled(part: _Part, vectors: WindowVectors) -> PreparedMember:
    if isinstance(part.parsed, ParseError):
        return PreparedMember(part.file, part.name, part.parsed)
    of_chunks = vectors_of(part.chunks, vectors)
    return PreparedMember(
        part.file, part.name, PreparedVersion(parsed=part.parsed, chunks=part.chunks, vectors=of_chunks)
    )
