"""From a source to committed document versions: the whole writing side on one screen."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from core.database import Database
from core.documents import (
    KnownDocument,
    PreparedVersion,
    SeenFile,
    commit_failure,
    commit_version,
    is_settled,
    known_documents,
    known_vectors,
    source_id,
    tombstone,
    update_grants,
)
from core.errors import ParseError
from core.settings import IngestSettings
from core.values import Chunk, DocumentState, ParsedDocument
from ingest.ahead import ahead
from ingest.chunker import CHUNKER_VERSION, chunk
from ingest.parsers.formats import PARSERS_VERSION
from ingest.report import Outcome, Progress, Run, RunReport
from ingest.source import Listed, Source
from llm.embedder import Embedder

Parse = Callable[[bytes, str], ParsedDocument]
"""Turns a file's content and name into a document, or raises ParseError; many threads call it at once."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A parsed and chunked document on its way to the embedder."""

    file: SeenFile
    parsed: ParsedDocument
    chunks: Sequence[Chunk]


@dataclass(frozen=True, slots=True)
class _Settled:
    """A document that is as it was, or that cannot be read."""

    file: SeenFile
    error: ParseError | None = None


class Pipeline:
    """Brings what a source holds into the database, one transaction for each document."""

    def __init__(
        self, database: Database, embedder: Embedder, settings: IngestSettings, parse: Parse
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._settings = settings
        self._parse = parse
        self._fingerprint = (
            f"parsers {PARSERS_VERSION}, chunker {CHUNKER_VERSION}, "
            f"{settings.chunk_tokens} tokens, {embedder.model_id}"
        )

    def ingest(self, source: Source, tell: Progress = lambda report: None, retry: bool = False) -> RunReport:
        """Make the database hold what the source holds now; return what was done.

        A document that cannot be read is reported and the rest goes on; one that failed before is
        tried again only if it changed, or with `retry`. Whatever was committed before an error
        stays, and a repeated call does only what is left to do.

        Raises: SourceError if the source cannot be listed; StorageError if nothing can be written.
        """
        run = Run(source.uri, tell)
        listed = source.list()
        with self._database.writing() as session:
            run.source_id = source_id(session, source.uri)
            run.known = known_documents(session, source.uri)
        for window in self._windows(source, listed, run, retry):
            for prepared, vectors in zip(window, self._embed(window, run), strict=True):
                self._commit(prepared, vectors, run)
        self._remove(source, run)
        for uri, problem in source.problems():
            run.tell(uri, Outcome.FAILED, problem)
        return run.report

    def _windows(
        self, source: Source, listed: Sequence[Listed], run: Run, retry: bool
    ) -> Iterator[list[_Prepared]]:
        """Yield prepared documents in groups that are worth embedding together.

        The next documents are read while a group is embedded.
        """
        window: list[_Prepared] = []
        prepare = partial(self._prepare, source, run, retry)
        for prepared in ahead(prepare, listed, self._settings.parser_processes):
            if isinstance(prepared, _Prepared):
                window.append(prepared)
            else:
                self._settle(prepared, run)
            if sum(len(held.chunks) for held in window) >= self._settings.window_chunks:
                yield window
                window = []
        if window:
            yield window

    def _prepare(self, source: Source, run: Run, retry: bool, entry: Listed) -> _Prepared | _Settled:
        """Fetch, parse and chunk one document, if there is anything to do for it."""
        known = run.known.get(entry.uri)
        file = SeenFile(entry.uri, "", 0, self._fingerprint, entry.principals)
        try:
            with run.timed("fetch"):
                content = source.fetch(entry)
            digest = hashlib.sha256(content).hexdigest()
            file = SeenFile(entry.uri, digest, len(content), self._fingerprint, entry.principals)
            if known and is_settled(known, file) and not (retry and known.state == DocumentState.FAILED):
                return _Settled(file)
            with run.timed("parse"):
                parsed = self._parse(content, entry.name)
            with run.timed("chunk"):
                chunks = chunk(parsed, self._embedder.tokenizer, self._settings.chunk_tokens)
        except ParseError as error:
            return _Settled(file, error)
        return _Prepared(file, parsed, chunks)

    def _settle(self, settled: _Settled, run: Run) -> None:
        """Note a document of which nothing is to be embedded."""
        if settled.error is None:
            self._keep(run.known[settled.file.uri], settled.file, run)
            return
        with run.timed("commit"), self._database.writing() as session:
            commit_failure(session, run.source_id, settled.file, str(settled.error))
        run.tell(settled.file.uri, Outcome.FAILED, settled.error)

    def _keep(self, known: KnownDocument, file: SeenFile, run: Run) -> None:
        """Leave a document as it is; only its permissions may have changed."""
        if known.principals != file.principals:
            with self._database.writing() as session:
                update_grants(session, known.id, file.principals)
        if known.state == DocumentState.FAILED:
            run.tell(file.uri, Outcome.FAILED, ParseError(known.reason))
        else:
            changed = known.principals != file.principals
            run.tell(file.uri, Outcome.PERMISSIONS if changed else Outcome.UNCHANGED)

    def _embed(self, window: Sequence[_Prepared], run: Run) -> Iterator[list[bytes]]:
        """Return the vectors of each document's chunks; a text that its last version held costs nothing."""
        vectors: dict[str, bytes] = {}
        with self._database.reading() as session:
            for prepared in window:
                if prepared.file.uri in run.known:
                    vectors.update(known_vectors(session, prepared.file.uri, self._embedder.model_id))
        texts = {chunk.indexed_text: None for prepared in window for chunk in prepared.chunks}
        new = [text for text in texts if text not in vectors]
        with run.timed("embed"):
            embedded = self._embedder.embed(new)
        vectors.update(zip(new, (row.tobytes() for row in embedded), strict=True))
        run.report.embedded += len(new)
        return ([vectors[chunk.indexed_text] for chunk in prepared.chunks] for prepared in window)

    def _commit(self, prepared: _Prepared, vectors: list[bytes], run: Run) -> None:
        version = PreparedVersion(prepared.parsed, prepared.chunks, vectors, self._embedder.model_id)
        with run.timed("commit"), self._database.writing() as session:
            commit_version(session, run.source_id, prepared.file, version)
        run.report.chunks += len(prepared.chunks)
        known = run.known.get(prepared.file.uri)
        is_new = known is None or known.state == DocumentState.DELETED
        run.tell(prepared.file.uri, Outcome.ADDED if is_new else Outcome.CHANGED)

    def _remove(self, source: Source, run: Run) -> None:
        live = {uri: known.id for uri, known in run.known.items() if known.state != DocumentState.DELETED}
        for uri in source.gone(live):
            with run.timed("commit"), self._database.writing() as session:
                tombstone(session, live[uri])
            run.tell(uri, Outcome.DELETED)
