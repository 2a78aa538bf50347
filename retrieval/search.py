"""Hybrid search: both legs under one scope, fused, and checked again in the database."""

from collections.abc import Collection, Sequence

import structlog

from core.database import Database
from core.language import cjk_share, terms
from core.names import quoted
from core.reading import read_passages
from core.settings import RetrievalSettings
from core.values import AccessScope, Hit, Passage
from llm.embedder import Embedder
from llm.engine.errors import EngineFullError, GenerationFailedError
from llm.reranker import Reranker
from retrieval.exact import exact_first
from retrieval.follower import Follower
from retrieval.fusion import Leg, fuse
from retrieval.index import DenseIndex, LexicalIndex
from retrieval.rarity import emphasis, rare_names, rarities, words_unit
from retrieval.reranking import reranked

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
        embedder: Embedder,
        dense: Follower[DenseIndex],
        lexical: Follower[LexicalIndex],
        settings: RetrievalSettings,
        reranker: Reranker | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._dense = dense
        self._lexical = lexical
        self._settings = settings
        self._reranker = reranker

    def search(self, question: str, scope: AccessScope, limit: int, reach: int = 0) -> list[Passage]:
        """Return at most `limit` passages that `scope` may see now, best first.

        Each is widened by up to `reach` neighbours on either side. A chunk that an index still
        holds but the database does not, or not for this asker, is left out. While an embedder's or a
        reranker's server is down, the search does without it.
        """
        hits = self.hits(question, scope)
        with self._lexical.index() as lexical:
            asked, phrases = rare_names(question, lexical), quoted(question)
        reread = self._settings.reranked if self._reranker else 0
        depth = len(hits) if phrases else max(limit, reread) + _SPARE
        with self._database.reading() as session:
            passages = read_passages(session, hits[:depth], scope, reach)
        if self._reranker:
            passages[:reread] = reranked(self._reranker, question, passages[:reread])
        return exact_first(passages, asked, phrases)[:limit]

    def near(self, asked: Collection[str], scope: AccessScope) -> list[Passage]:
        """Return passages that `scope` may see now with names that could be meant by those `asked`."""
        with self._lexical.index() as lexical:
            hits = [hit for term in asked for hit in lexical.near(term, scope, _NEAR)]
        with self._database.reading() as session:
            return read_passages(session, hits, scope, 0)

    def hits(self, question: str, scope: AccessScope) -> list[Hit]:
        """Return the fused hits of both indexes, best first, not yet checked in the database."""
        asked, weight = terms(question), self._dense_weight(question)
        with self._lexical.index() as lexical:
            by_words = lexical.search(asked, scope, self._settings.candidates)
            said = emphasis(question, lexical)
            unit = words_unit(asked, lexical)
        more = len(by_words) == self._settings.candidates
        words_leg = Leg(by_words, (1.0 - weight) / unit, by_words[-1].score if more else 0.0)
        if not weight:
            return fuse([words_leg])
        try:
            vector = self._embedder.embed_question(question, said)
        except (GenerationFailedError, EngineFullError) as error:
            log.warning("search.by_words_only", embedder=self._embedder.model_id, error=str(error))
            return fuse([words_leg])
        with self._dense.index() as dense:
            by_meaning = dense.search(vector, scope, self._settings.candidates)
        least = by_meaning[-1].score if by_meaning else 0.0
        return fuse([Leg(by_meaning, weight * self._settings.likeness_scale, least), words_leg])

    def _dense_weight(self, question: str) -> float:
        """Return the dense leg's say: less, down to none, for a script that the embedder cannot read."""
        readable = 1.0 if self._embedder.tokenizer.reads_cjk else 1.0 - cjk_share(question)
        return self._settings.dense_weight * readable

    def rarity(self, asked: Sequence[str]) -> list[float]:
        """Return each term's inverse document frequency over all chunks, above 0."""
        with self._lexical.index() as lexical:
            return rarities(asked, lexical)
