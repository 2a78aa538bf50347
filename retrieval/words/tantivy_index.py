"""BM25 by Tantivy over the terms of `core.text.language`, filtered by principals inside the query."""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import tantivy
from filelock import FileLock, Timeout
from tantivy import Occur, Query

from core.errors import IndexUnusableError
from core.text.identifiers import MOST_EDITS
from core.text.language import ANALYZER_VERSION, cjk_share, is_identifier, terms
from core.values.documents import BlockKind
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from retrieval.follow.generations import MANIFEST
from retrieval.index import ChunkIds

# The memory that a writer fills before it writes a segment; Tantivy's minimum is 15 MB.
_WRITER_BYTES = 64_000_000
_ANALYZER = "ours"
# The first number must be raised if the schema or the content of its fields changes.
FORM = f"views 3, terms {ANALYZER_VERSION}"
# The weight of words and identifiers in a question in Chinese, Japanese or Korean: a word there is two or
# three bigrams and as many characters, which would outweigh them (docs/retrieval.md).
_AMONG_CJK = 2.0
# Chunks on either side that are part of `around`. On SciFact's train claims (see docs/retrieval.md)
# nDCG@10 of the fusion is 0.727 without neighbours, 0.731 with one, 0.733 with two.
_NEIGHBOURS = 2


class TantivyIndex:
    """An inverted index over four views of every chunk.

    `body` is the chunk itself, `text` the chunk with its title and headings, and `around` those with the
    neighbours of the chunk, because an answer often continues a text that has the words of the question.
    An identifier counts only in its own chunk, never for a neighbour. `characters` are the single
    characters of `text` in a script that is cut into bigrams.

    Tantivy changes its folder while it works, but a saved generation must never change. Therefore the index
    works in a scratch folder of hard links: Tantivy replaces files and never writes into one.
    """

    def __init__(self, scratch_root: Path, around_weight: float, folder: Path | None = None) -> None:
        self._around_weight = around_weight
        self._scratch, self._lock = _scratch_folder(scratch_root)
        self._schema = _schema()
        try:
            if folder is not None:
                _link(folder, self._scratch)
                if not tantivy.Index.exists(str(self._scratch)):
                    raise ValueError("it does not hold an index")
            self._index = tantivy.Index(self._schema, str(self._scratch))
        except (ValueError, OSError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        self._index.register_tokenizer(
            _ANALYZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        self._writer: tantivy.IndexWriter | None = None

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent."""
        try:
            if self._writer is None:
                self._writer = self._index.writer(_WRITER_BYTES, num_threads=1)
            for document_id in document_ids:
                self._writer.delete_documents_by_term("document", document_id)
            for document in _documents(entries):
                self._writer.add_document(document)
            self._writer.commit()
        except ValueError as error:  # the library's only error for a full disk; no part was committed
            # No local variable holds the writer: the error's traceback would keep it, and its lock, alive.
            self._writer = None
            raise OSError(str(error)) from error
        self._index.reload()

    def search(
        self, query: Sequence[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> list[Hit]:
        """Return the chunks with the best BM25 scores that `scope` may see and `labels` select."""
        characters = _characters(query)
        weight = _AMONG_CJK if characters else 1.0
        clauses = [clause for term in query for clause in self._clauses(term, weight)]
        clauses += (Query.term_query(self._schema, "characters", one, "freq") for one in characters)
        return self._found([(Occur.Should, clause) for clause in clauses], scope, limit, labels)

    def near(self, term: str, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return chunks with a part of an identifier, or one similar to it, under `scope` and `labels`."""
        parts = [part for part in terms(term) if is_identifier(part) and part != term]
        alike = [
            *(Query.term_query(self._schema, "body", part, "basic") for part in parts),
            *(Query.fuzzy_term_query(self._schema, "body", term, edits) for edits in (1, MOST_EDITS)),
        ]
        return self._found(
            [(Occur.Should, Query.const_score_query(query, 1.0)) for query in alike], scope, limit, labels
        )

    def frequencies(self, query: Sequence[str]) -> tuple[int, list[int]]:
        """Return the number of all chunks, and of those with each term, under any permissions."""
        searcher = self._index.searcher()
        number = searcher.num_docs
        # Until segments are merged, Tantivy also counts deleted chunks.
        return number, [min(searcher.doc_freq("text", term), number) for term in query]

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        return self._ids_of(Query.all_query(), self._index.searcher().num_docs)

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        return self.labelled(scope, self._index.searcher().num_docs)

    def labelled(self, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> ChunkIds:
        """Return the ids of chunks that `scope` may see and `labels` select, ascending; at most `limit`."""
        allowed = self._allowed(scope, labels)
        return self._ids_of(Query.boolean_query([(Occur.Must, one) for one in allowed]), limit)

    def lacking(self, entries: Sequence[IndexEntry]) -> list[int]:
        """Return the ids of the chunks of one document that the index lacks, or of which it lacks a word."""
        found = []
        for entry in entries:
            wanted = [Query.term_query(self._schema, "document", entry.document_id)]
            wanted += (Query.term_query(self._schema, "body", term) for term in set(terms(entry.text)))
            wanted += (Query.term_query(self._schema, "text", term) for term in set(terms(entry.context)))
            every = Query.boolean_query([(Occur.Must, query) for query in wanted])
            if entry.chunk_id not in self._ids_of(every, len(entries)):
                found.append(entry.chunk_id)
        return found

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
        _link(self._scratch, folder)

    def close(self) -> None:
        """Remove the scratch folder."""
        self._writer = None
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def _ids_of(self, query: Query, limit: int) -> ChunkIds:
        """Return the ids of the chunks that a query finds, ascending."""
        searcher = self._index.searcher()
        found = searcher.search(Query.const_score_query(query, 1.0), max(1, limit), count=False).hits
        ids = searcher.fast_field_values("chunk", [address for _, address in found])
        return np.sort(np.array(ids, np.int64))

    def _found(
        self, wanted: Sequence[tuple[Occur, Query]], scope: AccessScope, limit: int, labels: LabelFilter
    ) -> list[Hit]:
        if not wanted or not scope.principals:
            return []
        allowed = self._allowed(scope, labels)
        query = Query.boolean_query([
            (Occur.Must, Query.boolean_query(wanted)),
            *((Occur.Must, Query.const_score_query(condition, 0.0)) for condition in allowed),
        ])  # fmt: skip
        searcher = self._index.searcher()
        found = searcher.search(query, limit, count=False).hits
        ids = searcher.fast_field_values("chunk", [address for _, address in found])
        return [Hit(int(chunk_id or 0), score) for (score, _), chunk_id in zip(found, ids, strict=True)]

    def _allowed(self, scope: AccessScope, labels: LabelFilter) -> list[Query]:
        """Return the conditions of a scope and a filter; each must hold."""
        groups = [("principal", scope.principals), *(("label", group) for group in labels)]
        return [Query.term_set_query(self._schema, field, sorted(group)) for field, group in groups]

    def _clauses(self, term: str, word_weight: float) -> Iterator[Query]:
        weight = 1.0 if _is_cjk(term) else word_weight
        beside, beside_weight = ("body", 1.0) if is_identifier(term) else ("around", self._around_weight)
        for view, share in (("text", 1.0), (beside, beside_weight)):
            query = Query.term_query(self._schema, view, term, "freq")
            yield Query.boost_query(query, share * weight)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("chunk", fast=True)
    builder.add_integer_field("document", indexed=True)
    for field in ("principal", "label"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for view in ("body", "text", "around", "characters"):
        builder.add_text_field(view, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


def _documents(entries: Sequence[IndexEntry]) -> Iterator[tantivy.Document]:
    """Yield a Tantivy document for each entry; the entries of a document must be in reading order."""
    words = [terms(entry.text) for entry in entries]
    bodies = [" ".join(body) for body in words]
    for position, entry in enumerate(entries):
        context_words = terms(entry.context)
        context = " ".join(context_words)
        document = tantivy.Document()
        document.add_integer("chunk", entry.chunk_id)
        document.add_integer("document", entry.document_id)
        for principal in entry.principals:
            document.add_text("principal", principal)
        for label in entry.labels:
            document.add_text("label", label)
        document.add_text("body", bodies[position])
        document.add_text("text", f"{context} {bodies[position]}")
        document.add_text("characters", " ".join(_characters([*context_words, *words[position]])))
        document.add_text("around", " ".join([context, *(bodies[row] for row in _around(entries, position))]))
        yield document


def _characters(words: Sequence[str]) -> list[str]:
    """Return the characters of the bigrams among `words`; overlapping bigrams give a character once."""
    found: list[str] = []
    for word, follower in pairwise([*words, ""]):
        if _is_cjk(word):
            found.extend(word[:1] if word[1:] == follower[:1] else word)
    return found


def _is_cjk(term: str) -> bool:
    return cjk_share(term) > 0


def _around(entries: Sequence[IndexEntry], position: int) -> Iterator[int]:
    """Yield the positions of an entry and its neighbours; a table row has none."""
    if entries[position].kind is BlockKind.ROW:
        yield position
        return
    for row in range(max(0, position - _NEIGHBOURS), min(len(entries), position + _NEIGHBOURS + 1)):
        if entries[row].document_id == entries[position].document_id:
            yield row


def _scratch_folder(root: Path) -> tuple[Path, FileLock]:
    """Make a scratch folder for this index, and remove those of processes that have ended."""
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob("scratch-*.lock"):
        lock = FileLock(left)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        shutil.rmtree(left.with_suffix(""), ignore_errors=True)
        left.unlink(missing_ok=True)
        lock.release()
    handle, name = tempfile.mkstemp(prefix="scratch-", suffix=".lock", dir=root)
    os.close(handle)
    lock = FileLock(name)
    lock.acquire()
    folder = Path(name).with_suffix("")
    folder.mkdir()
    return folder, lock


def _link(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.suffix == ".lock" or path.name == MANIFEST:
            continue  # not part of the index
        try:
            os.link(path, target / path.name)
        except OSError:  # a file system without hard links
            shutil.copyfile(path, target / path.name)
