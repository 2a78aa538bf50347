"""Counts over the chunks that one asker may read: what BM25 and the weights of a question's words go by.

A count over all chunks would tell an asker whether a word stands in a document that they may not read.
"""

from collections.abc import Sequence

import tantivy
from tantivy import Occur, Query

from retrieval.words.bm25 import Clause, inverse_frequency
from retrieval.words.fields import PHRASES, length_field, readable
from retrieval.words.views import VIEWS

Principals = frozenset[str]

# Counts kept until the index changes; they take some 200 bytes each.
_KEPT = 100_000

# The aggregation that counts chunks.
_NUMBER = {"value_count": {"field": "chunk"}}


class ScopeCounts:
    """The counts of one state of an index, by principals; each is counted once."""

    def __init__(self, schema: tantivy.Schema, searcher: tantivy.Searcher) -> None:
        self._schema = schema
        self._searcher = searcher
        self._totals: dict[Principals, dict[str, float]] = {}
        self._counts: dict[tuple[Principals, Clause], int] = {}

    def chunks(self, principals: Principals) -> int:
        """Return the number of chunks that the principals may read."""
        return int(self._sums(principals)[""])

    def mean_length(self, principals: Principals, view: str) -> float:
        """Return the mean number of terms of a view of these chunks; 0 without a term."""
        return self._sums(principals)[view] / max(1, self.chunks(principals))

    def count(self, principals: Principals, clause: Clause) -> int:
        """Return the number of these chunks with a term in a view."""
        key = principals, clause
        if key not in self._counts:
            if len(self._counts) >= _KEPT:
                self._counts.clear()
            held = Query.term_query(self._schema, clause.view, clause.term, "basic")
            self._counts[key] = self._counted(principals, held)
        return self._counts[key]

    def phrase_count(self, principals: Principals, phrase: tuple[str, ...]) -> int:
        """Return the number of these chunks with these terms, one after the other."""
        if len(phrase) == 1:
            return self.count(principals, Clause(PHRASES, phrase[0]))
        if not all(self.count(principals, Clause(PHRASES, term)) for term in phrase):
            return 0
        return self._counted(principals, Query.phrase_query(self._schema, PHRASES, list(phrase)))

    def inverse_frequencies(self, principals: Principals, clauses: Sequence[Clause]) -> dict[Clause, float]:
        """Return the inverse document frequency of each clause that one of these chunks has."""
        counts = {clause: self.count(principals, clause) for clause in clauses}
        total = self.chunks(principals)
        return {clause: inverse_frequency(total, count) for clause, count in counts.items() if count}

    def overall_inverse_frequency(self, clause: Clause) -> float:
        """Return the inverse document frequency over all chunks, as the library weighs a term."""
        count = self._searcher.doc_freq(clause.view, clause.term)
        return inverse_frequency(max(count, self._searcher.num_docs), count)

    def _counted(self, principals: Principals, held: Query) -> int:
        query = Query.boolean_query([(Occur.Must, held), (Occur.Must, readable(self._schema, principals))])
        found = self._searcher.aggregate(query, {"": _NUMBER})
        return int(found[""]["value"])

    def _sums(self, principals: Principals) -> dict[str, float]:
        """Return the number of chunks, by the name "", and the number of terms in each view."""
        if principals not in self._totals:
            if len(self._totals) >= _KEPT:
                self._totals.clear()
            sums = {view: {"sum": {"field": length_field(view)}} for view in VIEWS}
            wanted = {"": _NUMBER, **sums}
            found = self._searcher.aggregate(readable(self._schema, principals), wanted)
            self._totals[principals] = {name: found[name]["value"] or 0 for name in wanted}
        return self._totals[principals]
