"""BM25 over the terms of `core.text.language`; Tantivy finds the chunks, under principals inside the query.

Tantivy weighs a term by its frequency in the entire index. Its best hits are therefore only candidates:
their scores and their order are counted anew, over the chunks that the asker may read.
"""

import shutil
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Occur, Query

from core.errors import IndexUnusableError
from core.text.identifiers import MOST_EDITS
from core.text.language import ANALYZER_VERSION, is_identifier, terms
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from retrieval.index import ChunkIds
from retrieval.words.bm25 import Clause, ViewWeights, score
from retrieval.words.fields import (
    ANALYZER,
    FORM_MARK,
    FORMS,
    SPELLED,
    among,
    make_schema,
    permitted,
    readable,
    tantivy_documents,
)
from retrieval.words.scope_counts import ScopeCounts
from retrieval.words.scratch import link_files, scratch_folder
from retrieval.words.views import characters, is_cjk, read_terms

# The memory that a writer fills before it writes a segment; Tantivy's minimum is 15 MB.
_WRITER_BYTES = 64_000_000
# The first number must be raised if the schema or the content of its fields changes.
FORM = f"views 9, terms {ANALYZER_VERSION}"
# The weight of words and identifiers in a question in Chinese, Japanese or Korean: a word there is two or
# three bigrams and as many characters, which would outweigh them (docs/retrieval.md).
_AMONG_CJK = 2.0
# Candidates beyond the hits that are asked for, since their order changes when they are scored anew.
_SPARE = 50


# More than ten methods: one for each question that a search, a filter or a check asks of the words.
class TantivyIndex:
    """An inverted index over four views of every chunk.

    An identifier counts only in its own chunk, never for a neighbour.

    Tantivy changes its folder while it works, but a saved generation must never change. Therefore the index
    works in a scratch folder of hard links: Tantivy replaces files and never writes into one.
    """

    def __init__(self, scratch_root: Path, around_weight: float, folder: Path | None = None) -> None:
        self._around_weight = around_weight
        self._scratch, self._lock = scratch_folder(scratch_root)
        self._schema = make_schema()
        try:
            if folder is not None:
                link_files(folder, self._scratch)
                if not tantivy.Index.exists(str(self._scratch)):
                    raise ValueError("it does not hold an index")
            self._index = tantivy.Index(self._schema, str(self._scratch))
        except (ValueError, OSError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        self._index.register_tokenizer(
            ANALYZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        self._writer: tantivy.IndexWriter | None = None
        self._counts = ScopeCounts(self._schema, self._index.searcher())

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent."""
        try:
            if self._writer is None:
                self._writer = self._index.writer(_WRITER_BYTES, num_threads=1)
            for document_id in document_ids:
                self._writer.delete_documents_by_term("document", document_id)
            for document in tantivy_documents(entries):
                self._writer.add_document(document)
            self._writer.commit()
        except ValueError as error:  # the library's only error for a full disk; no part was committed
            # No local variable holds the writer: the error's traceback would keep it, and its lock, alive.
            self._writer = None
            raise OSError(str(error)) from error
        self._index.reload()
        self._counts = ScopeCounts(self._schema, self._index.searcher())

    def search(
        self, query: Sequence[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> list[Hit]:
        """Return the chunks with the best BM25 scores that `scope` may see and `labels` select."""
        weighing = self._weighing(query, scope)
        if not weighing:
            return []
        searcher = self._index.searcher()
        wanted = among(self._schema, self._candidates(weighing), scope, labels)
        found = searcher.search(wanted, limit + _SPARE, count=False).hits
        chunks = (searcher.doc(address) for _, address in found)
        scores = [score(read_terms(bytes(chunk["terms"][0])), weighing) for chunk in chunks]
        ids = searcher.fast_field_values("chunk", [address for _, address in found])
        hits = [Hit(int(chunk_id or 0), one) for chunk_id, one in zip(ids, scores, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:limit]

    def near(self, term: str, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return chunks with a part of an identifier, or one similar to it, under `scope` and `labels`."""
        if not scope.principals:
            return []
        parts = [part for part in terms(term) if is_identifier(part) and part != term]
        shared = [Query.term_query(self._schema, "body", part, "basic") for part in parts]
        one, two = (Query.fuzzy_term_query(self._schema, "body", term, edits) for edits in (1, MOST_EDITS))
        ranks: dict[int, float] = {}
        for queries, rank in (([*shared, one], 2.0), ([two], 1.0)):
            for chunk_id in self._ids_of(among(self._schema, queries, scope, labels), limit).tolist():
                ranks.setdefault(chunk_id, rank)
        return [Hit(chunk_id, rank) for chunk_id, rank in ranks.items()][:limit]

    def defining(
        self, named: Collection[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> ChunkIds:
        """Return the first chunks that define an identifier or have its range, under `scope` and `labels`."""
        if not scope.principals or not named:
            return np.empty(0, np.int64)
        wanted = Query.term_set_query(self._schema, "defined", sorted(named))
        return self._ids_of(among(self._schema, [wanted], scope, labels), limit)

    def frequencies(self, query: Sequence[str], scope: AccessScope) -> tuple[int, list[int]]:
        """Return the number of chunks that `scope` may see, and of those with each term."""
        held = scope.principals
        if not held:
            return 0, [0] * len(query)
        return self._counts.chunks(held), [self._counts.count(held, Clause("text", term)) for term in query]

    def phrase_frequency(self, phrase: Sequence[str], scope: AccessScope) -> int:
        """Return the number of chunks that `scope` may see with these terms one after the other."""
        if not scope.principals or not phrase:
            return 0
        return self._counts.phrase_count(scope.principals, tuple(phrase))

    def spellings(self, beginning: str, scope: AccessScope) -> dict[str, int]:
        """Return the words that begin so, each with the number of chunks that `scope` may see with it."""
        return self._beginning(SPELLED, beginning, scope)

    def forms(self, form: str, scope: AccessScope) -> dict[str, int]:
        """Return the other forms of an abbreviation or a long form, each with the number of chunks."""
        start = f"{form}{FORM_MARK}"
        return {found[len(start) :]: n for found, n in self._beginning(FORMS, start, scope).items()}

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        return self._ids_of(Query.all_query(), self._index.searcher().num_docs)

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        return self.labelled(scope, self._index.searcher().num_docs)

    def labelled(self, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> ChunkIds:
        """Return the ids of chunks that `scope` may see and `labels` select, ascending; at most `limit`."""
        if not scope.principals:
            return np.empty(0, np.int64)
        conditions = permitted(self._schema, scope, labels)
        return self._ids_of(Query.boolean_query([(Occur.Must, one) for one in conditions]), limit)

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
        link_files(self._scratch, folder)

    def close(self) -> None:
        """Remove the scratch folder."""
        self._writer = None
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def _beginning(self, field: str, beginning: str, scope: AccessScope) -> dict[str, int]:
        """Return the terms of a field that begin so, each with the number of chunks that have it."""
        if not scope.principals:
            return {}
        seen = readable(self._schema, scope.principals)
        found = self._index.searcher().terms_with_prefix(field, beginning, seen)
        return {term: count for term, count in found if count}

    def _ids_of(self, query: Query, limit: int) -> ChunkIds:
        """Return the first ids of the chunks that a query finds, ascending."""
        found = self._index.searcher().search(
            query, max(1, limit), count=False, order_by_field="chunk", order=tantivy.Order.Asc
        )
        return np.array([key for key, _ in found.hits], np.int64)

    def _weighing(self, query: Sequence[str], scope: AccessScope) -> dict[str, ViewWeights]:
        """Return how the terms count over the chunks that `scope` may see, by view; empty if none has one."""
        held = scope.principals
        shares = self._shares(query) if held else {}
        weights: dict[str, dict[str, float]] = defaultdict(dict)
        for clause, rarity in self._counts.inverse_frequencies(held, list(shares)).items():
            weights[clause.view][clause.term] = shares[clause] * rarity
        return {
            view: ViewWeights(self._counts.mean_length(held, view), of_view)
            for view, of_view in weights.items()
        }

    def _shares(self, query: Sequence[str]) -> dict[Clause, float]:
        """Return what each clause of a question counts, before its rarity."""
        alone = characters(query)
        shares: dict[Clause, float] = defaultdict(float)
        for term in query:
            weight = _AMONG_CJK if alone and not is_cjk(term) else 1.0
            shares[Clause("text", term)] += weight
            beside = ("body", 1.0) if is_identifier(term) else ("around", self._around_weight)
            shares[Clause(beside[0], term)] += weight * beside[1]
        for character in alone:
            shares[Clause("characters", character)] += 1.0
        return {clause: share for clause, share in shares.items() if share}

    def _candidates(self, weighing: Mapping[str, ViewWeights]) -> list[Query]:
        """Return the terms as queries, whose boosts take the library's own rarity of each term out."""
        weights = {
            Clause(view, term): weight
            for view, of_view in weighing.items()
            for term, weight in of_view.weights.items()
        }
        return [
            Query.boost_query(
                Query.term_query(self._schema, *clause, "freq"),
                weight / self._counts.overall_inverse_frequency(clause),
            )
            for clause, weight in weights.items()
        ]
