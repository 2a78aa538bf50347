"""Hybrid search: both legs under one scope, fused, and checked again in the database."""

from collections.abc import Callable, Collection, Sequence

import structlog

from core.database import Database
from core.errors import IndexServerError
from core.labels import EVERYTHING, SearchFilter
from core.language import cjk_share, terms
from core.names import quoted
from core.reading import read_passages
from core.settings import RetrievalSettings
from core.succession import Successor, names_of, successors
from core.values import AccessScope, Hit, Passage
from llm.embedder import Embedder
from llm.engine.errors import EngineFullError, GenerationFailedError
from llm.reranker import Reranker
from retrieval.exact import exact_first
from retrieval.follower import Opens
from retrieval.fusion import Leg, fuse
from retrieval.index import LexicalIndex
from retrieval.rarity import emphasis, rare_names, rarities, words_unit
from retrieval.reranking import reranked
from retrieval.serving import Serving

log = structlog.get_logger()

# Hits read beyond the limit, in place of those that a stale index still holds.
_SPARE = 20
# Chunks looked at for names near one that nothing holds.
_NEAR = 50


class Searcher:
    """Finds passages for a question; the scope is part of the search, never applied afterwards."""

    def __init__(
        self,
        database: Database,
        in_force: Callable[[], Serving],
        lexical: Opens[LexicalIndex],
        settings: RetrievalSettings,
        reranker: Reranker | None = None,
        waiting: bool = False,
    ) -> None:
        """Search by what is in force at each question; with `waiting`, by what waits behind the gate too."""
        self._database = database
        self._in_force = in_force
        self._lexical = lexical
        self._waiting = waiting
        self._settings = settings
        self._reranker = reranker

    def search(
        self,
        question: str,
        scope: AccessScope,
        limit: int,
        reach: int = 0,
        within: SearchFilter = EVERYTHING,
    ) -> list[Passage]:
        """Return at most `limit` passages that `scope` may see now and `within` holds, best first.

        Each is widened by up to `reach` neighbours on either side. A chunk that an index still
        holds but the database does not, or not for this asker, is left out. While an embedder's or a
        reranker's server is down, the search does without it.
        """
        hits = self.hits(question, scope, within)
        with self._lexical.index() as lexical:
            asked, phrases = rare_names(question, lexical), quoted(question)
        reread = self._settings.reranked if self._reranker else 0
        depth = len(hits) if phrases else max(limit, reread) + _SPARE
        with self._database.reading() as session:
            passages = read_passages(session, hits[:depth], scope, reach, self._waiting)
        if self._reranker:
            passages[:reread] = reranked(self._reranker, question, passages[:reread])
        return exact_first(passages, asked, phrases)[:limit]

    def near(
        self, asked: Collection[str], scope: AccessScope, within: SearchFilter = EVERYTHING
    ) -> list[Passage]:
        """Return passages that `scope` may see now with names that could be meant by those `asked`."""
        with self._lexical.index() as lexical:
            hits = [hit for term in asked for hit in lexical.near(term, scope, _NEAR, within.labels)]
        with self._database.reading() as session:
            return read_passages(session, hits, scope, 0, self._waiting)

    def hits(self, question: str, scope: AccessScope, within: SearchFilter = EVERYTHING) -> list[Hit]:
        """Return the fused hits of both indexes, best first, not yet checked in the database."""
        serving, asked, labels = self._in_force(), terms(question), within.labels
        weight = self._dense_weight(question, serving.embedder)
        with self._lexical.index() as lexical:
            by_words = lexical.search(asked, scope, self._settings.candidates, labels)
            said = emphasis(question, lexical)
            unit = words_unit(asked, lexical)
        more = len(by_words) == self._settings.candidates
        words_leg = Leg(by_words, (1.0 - weight) / unit, by_words[-1].score if more else 0.0)
        if not weight:
            return fuse([words_leg])
        try:
            vector = serving.embedder.embed_question(question, said)
        except (GenerationFailedError, EngineFullError) as error:
            log.warning("search.by_words_only", embedder=serving.embedder.model_id, error=str(error))
            return fuse([words_leg])
        try:
            with serving.dense.index() as dense:
                by_meaning = dense.search(vector, scope, self._settings.candidates, labels)
        except IndexServerError as error:
            log.warning("search.by_words_only", error=str(error))
            return fuse([words_leg])
        least = by_meaning[-1].score if by_meaning else 0.0
        return fuse([Leg(by_meaning, weight * self._settings.likeness_scale, least), words_leg])

    def _dense_weight(self, question: str, embedder: Embedder) -> float:
        """Return the dense leg's say: less, down to none, for a script that the embedder cannot read."""
        readable = 1.0 if embedder.tokenizer.reads_cjk else 1.0 - cjk_share(question)
        return self._settings.dense_weight * readable

    def successors(self, passages: Sequence[Passage], scope: AccessScope) -> dict[int, Successor]:
        """Return, by document, the readable one that takes the place of a passage's document."""
        names = {one.document_id: names_of(one.uri, one.title) for one in passages}
        with self._database.reading() as session:
            return successors(session, names, scope) if names else {}

    def rarity(self, asked: Sequence[str]) -> list[float]:
        """Return each term's inverse document frequency over all chunks, above 0."""
        with self._lexical.index() as lexical:
            return rarities(asked, lexical)
