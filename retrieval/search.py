"""Hybrid search: words and vectors under one scope, fused, and checked again in the database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.settings import RetrievalSettings
from core.store.database import Database
from core.store.documents.outline import outline_chunks
from core.store.documents.reading import placed, read_passages
from core.store.documents.supersession import Successor, names_of, successors
from core.store.documents.unread import unread_pages, unread_reasons
from core.text.definitions import meaning_asked
from core.text.document_names import document_asked, is_named
from core.text.identifiers import quoted
from core.text.labels import EVERYTHING, SearchFilter
from core.text.language import terms
from core.values.answers import Passage
from core.values.notices import OUTLINE_CUT, Notice, newest_unread, partly_unread
from core.values.search import AccessScope, Hit, LabelFilter
from llm.embedding.embedder import Emphasis
from llm.reranking.reranker import Reranker
from retrieval.dense.legs import DenseLegs, DenseQuery
from retrieval.filter_check import FilterCheck
from retrieval.follow.follower import Opens
from retrieval.follow.serving import Serving
from retrieval.fusion import Leg, fuse
from retrieval.identifier_match import definitions_first, exact_first, ranges_first
from retrieval.index import LexicalIndex
from retrieval.question.glossary import in_english
from retrieval.reranking import reads, reranked
from retrieval.words.homophones import Characters
from retrieval.words.other_forms import with_other_forms
from retrieval.words.spelling import Speller
from retrieval.words.term_weights import (
    emphasis,
    inverse_frequencies,
    rare_identifiers,
    unseen_identifiers,
    words_unit,
)

# Hits read beyond the limit, to replace those that only a stale index still has.
_SPARE = 20
# Neighbouring chunks on either side of one that a reranker reads.
_SECTION = 1
# Chunks that outline a document.
_OUTLINED = 24
# Definitions of identifiers that are read beside the hits.
_DEFINITIONS = 20
# Chunks searched for identifiers similar to an unknown one.
_NEAR = 50


@dataclass(frozen=True, slots=True)
class Results:
    """The result of a search."""

    passages: list[Passage]
    notices: tuple[Notice, ...] = ()
    """What the search had to do without, and what of its filter is not known, each once."""
    why_nothing: str = ""
    """Why nothing can be found, whatever the question: see `FilterCheck.why_nothing`."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The passages that show a document as a whole, in reading order."""

    passages: list[Passage]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The lexical leg of a question: see `retrieval.words.term_weights`."""

    hits: list[Hit]
    unit: float
    """The unit of the hits' scores."""
    emphasis: Emphasis
    """How much each word of the question matters to the embedder."""
    rare: dict[str, str]
    """The identifiers of the question that few chunks have, term and as written."""
    phrases: Collection[str]
    """The quoted phrases of the question."""
    sought: Collection[str]
    """The identifiers whose meaning the question asks for."""
    defining: Sequence[int]
    """Chunks that define one of these, or name an identifier of `unseen` by a range."""
    unseen: Collection[str]
    """The identifiers of the question that no chunk has."""
    notices: tuple[Notice, ...]

    def with_defining(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits, and behind them the chunks of `defining` that are not among them."""
        there = {hit.chunk_id for hit in hits}
        return [*hits, *(Hit(chunk_id, 0.0) for chunk_id in self.defining if chunk_id not in there)]


class Searcher:
    """Finds passages for a question; the scope is part of the search itself, not a filter afterwards."""

    def __init__(
        self,
        database: Database,
        in_force: Callable[[], Sequence[Serving]],
        lexical: Opens[LexicalIndex],
        settings: RetrievalSettings,
        reranker: Reranker | None = None,
        waiting: bool = False,
    ) -> None:
        """Search with the embedders in force at each question; with `waiting`, also in waiting documents."""
        self._database = database
        self._in_force = in_force
        self._lexical = lexical
        self._waiting = waiting
        self._settings = settings
        self._reranker = reranker
        self._dense = DenseLegs(database, settings)
        self._filters = FilterCheck(database, lexical, waiting)

    def search(
        self,
        question: str,
        scope: AccessScope,
        limit: int,
        reach: int = 0,
        within: SearchFilter = EVERYTHING,
    ) -> Results:
        """Return at most `limit` passages that `scope` may read now and `within` selects, best first.

        Each is widened by up to `reach` neighbours on either side. A chunk is left out if only the index
        still has it, or if the database does not let this user read it. If the server of the embedder,
        the dense index or the reranker is down, the search does without it and adds a notice.

        Raises: FilterError if no document that `scope` may read can fit `within`.
        """
        notices = self._filters.check(within, scope)
        words = self._words(question, scope, within.labels)
        hits, without = self._fused(question, words, scope, within.labels)
        notices += without
        reranker = self._reranker if self._reranker and reads(self._reranker, question) else None
        reread = self._settings.reranked if reranker else 0
        depth = len(hits) if words.phrases else max(limit, reread) + _SPARE
        with self._database.reading() as session:
            wanted = words.with_defining(hits[:depth])
            passages = read_passages(session, wanted, scope, self._waiting)
        if reranker:
            passages[:reread], more = self._reranked(reranker, question, passages[:reread], scope)
            notices += more
        placed_first = exact_first(passages, words.rare, words.phrases)
        placed_first = ranges_first(placed_first, words.unseen)
        best = definitions_first(placed_first, words.sought, question)[:limit]
        nothing = "" if best else self._filters.why_nothing(within, scope)
        with self._database.reading() as session:
            return Results(placed(session, best, scope, reach), tuple(dict.fromkeys(notices)), nothing)

    def _reranked(
        self, reranker: Reranker, question: str, passages: Sequence[Passage], scope: AccessScope
    ) -> tuple[list[Passage], tuple[Notice, ...]]:
        """Reranking takes a while, so that no transaction is open meanwhile."""
        with self._database.reading() as session:
            sections = placed(session, passages, scope, _SECTION)
        return reranked(reranker, question, passages, sections, self._settings.rerank_weight)

    def look_up(
        self, question: str, scope: AccessScope, limit: int, reach: int = 0, within: SearchFilter = EVERYTHING
    ) -> Results:
        """Return what `search` does, with a notice for each document found that was not read as it is now."""
        found = self.search(question, scope, limit, reach, within)
        unread = self.unread({one.document_id: one.title for one in found.passages}, scope)
        return replace(found, notices=(*found.notices, *unread))

    def near(
        self, asked: Collection[str], scope: AccessScope, within: SearchFilter = EVERYTHING
    ) -> list[Passage]:
        """Return passages that `scope` may read now, with identifiers similar to those `asked`."""
        with self._lexical.index() as lexical:
            hits = [hit for term in asked for hit in lexical.near(term, scope, _NEAR, within.labels)]
        with self._database.reading() as session:
            return placed(session, read_passages(session, hits, scope, self._waiting), scope, 0)

    def hits(self, question: str, scope: AccessScope, within: SearchFilter = EVERYTHING) -> list[Hit]:
        """Return the fused hits of both indexes, best first, not yet checked in the database."""
        return self._fused(question, self._words(question, scope, within.labels), scope, within.labels)[0]

    def _words(self, question: str, scope: AccessScope, labels: LabelFilter) -> _Words:
        asked, sought = terms(question), meaning_asked(question)
        with self._lexical.index() as lexical:
            unseen = unseen_identifiers(question, lexical, scope)
            return _Words(
                hits=lexical.search(asked, scope, self._settings.candidates, labels),
                unit=words_unit(asked, lexical, scope),
                emphasis=emphasis(question, lexical, scope),
                rare=rare_identifiers(question, lexical, scope),
                phrases=quoted(question),
                sought=sought,
                defining=lexical.defining(sought | unseen, scope, _DEFINITIONS, labels).tolist(),
                unseen=unseen,
                notices=self._lexical.take_notices(),
            )

    def _fused(
        self, question: str, words: _Words, scope: AccessScope, labels: LabelFilter
    ) -> tuple[list[Hit], tuple[Notice, ...]]:
        """Return the fused hits of all legs, and what they had to do without."""
        serving = self._in_force()
        query = DenseQuery(question=question, emphasis=words.emphasis, labels=labels)
        found = self._dense.search(query, scope, serving)
        more = len(words.hits) == self._settings.candidates
        weight = (1.0 - self._dense.weight(question, serving)) / words.unit
        by_words = Leg(words.hits, weight, words.hits[-1].score if more else 0.0)
        fused = fuse([by_words, *found.legs])
        hits = [replace(hit, likeness=found.likeness.get(hit.chunk_id)) for hit in fused]
        return hits, words.notices + found.notices

    def successors(self, passages: Sequence[Passage], scope: AccessScope) -> dict[int, Successor]:
        """Return, by document id, the successors of the passages' documents that `scope` may read."""
        names = {one.document_id: names_of(one.uri, one.title) for one in passages}
        with self._database.reading() as session:
            trusted = self._settings.supersession_sources
            return successors(session, names, scope, trusted) if names else {}

    def outline(
        self, question: str, passages: Sequence[Passage], scope: AccessScope, reach: int = 0
    ) -> Outline:
        """Return the outline of the document among `passages` that the question asks for by its name.

        Without one, the outline has no passages. Each is widened as by `search`.
        """
        name = document_asked(question)
        asked = [one.document_id for one in passages if name and is_named(name, one.uri, one.title)]
        if not asked:
            return Outline([])
        with self._database.reading() as session:
            hits = [Hit(chunk_id, 1.0) for chunk_id in outline_chunks(session, asked[0], scope)]
            shown = read_passages(session, hits[:_OUTLINED], scope, self._waiting)
            return Outline(placed(session, shown, scope, reach), (OUTLINE_CUT,) if hits[_OUTLINED:] else ())

    def unread(self, titles: Mapping[int, str], scope: AccessScope) -> tuple[Notice, ...]:
        """Return notices for those of the documents, by id, that were not read as they are now.

        The newest content of one could not be read, so that an earlier version is shown; or pages of it.
        """
        if not titles:
            return ()
        with self._database.reading() as session:
            newest = unread_reasons(session, titles, scope)
            pages = unread_pages(session, titles, scope)
        return (
            *(newest_unread(titles[number], reason) for number, reason in newest.items()),
            *(partly_unread(titles[number], which) for number, which in pages),
        )

    def in_english(self, question: str) -> str:
        """Return a Chinese question that the first embedder cannot read in English words; empty for others.

        It is empty too if the list of words lacks too many of them.
        """
        first = self._in_force()[0].embedder
        return "" if first.tokenizer.reads_cjk else in_english(question)

    def respelled(self, question: str, scope: AccessScope) -> str:
        """Return a question as documents that `scope` may read spell it, with both forms of abbreviations."""
        knows = self._in_force()[0].embedder.tokenizer.is_word
        with self._lexical.index() as lexical:
            spelled = Speller(lexical, scope, knows).respelled(question)
            corrected = Characters(lexical, scope).corrected(spelled)
            return with_other_forms(corrected, lexical, scope)

    def term_weights(self, asked: Sequence[str], scope: AccessScope) -> list[float]:
        """Return each term's inverse document frequency over the chunks that `scope` may read, above 0."""
        with self._lexical.index() as lexical:
            return inverse_frequencies(asked, lexical, scope)
