"""The dense legs of a search: each embedder in force finds chunks by its own vectors.

A leg counts for the part of the question that its embedder can read, and in the score of a chunk beside those
legs that embed the chunk and can read it. Likenesses are brought to the scale of the built-in embedder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import EngineFullError, IndexServerError, ModelUnavailableError
from core.logs import noted
from core.settings import RetrievalSettings
from core.store.database import Database
from core.store.documents.reading import chunk_languages
from core.store.embedders import FIRST
from core.text.language import CJK_LANGUAGES, cjk_share
from core.values.notices import BY_WORDS_ONLY, LEG_MISSING, Notice
from core.values.search import AccessScope, Hit, LabelFilter
from llm.embedding.embedder import Emphasis
from llm.embedding.likeness import BUILT_IN_LEVELS
from retrieval.dense.document_smoothing import SMOOTHING
from retrieval.follow.serving import Serving
from retrieval.fusion import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseQuery:
    """What the dense legs look for, and where."""

    question: str
    emphasis: Emphasis
    """How much each word of the question matters to an embedder."""
    labels: LabelFilter

    @property
    def is_cjk(self) -> bool:
        """Whether most of the question is Chinese, Japanese or Korean."""
        return cjk_share(self.question) > 0.5


@dataclass(frozen=True, slots=True)
class DenseResults:
    """What the dense legs found."""

    legs: list[Leg]
    """The result of each leg for the fusion."""
    likeness: Mapping[int, float]
    """The scores of the first leg by chunk, for which the weights of answers were chosen."""
    notices: tuple[Notice, ...]
    """What the search had to do without."""


class DenseLegs:
    """Searches the dense index of every leg."""

    def __init__(self, database: Database, settings: RetrievalSettings) -> None:
        self._database = database
        self._settings = settings

    def weight(self, question: str, legs: Sequence[Serving]) -> float:
        """Return the weight of all legs together: less, down to 0, for a script that no embedder can read."""
        return self._settings.dense_weight * max(_readable(leg, question) for leg in legs)

    def search(self, query: DenseQuery, scope: AccessScope, legs: Sequence[Serving]) -> DenseResults:
        """Return the results of all legs.

        A leg that reads nothing of the question is left out, as is one whose server is down.
        """
        asked = [leg for leg in legs if _readable(leg, query.question)]
        weight = self._settings.likeness_scale * self.weight(query.question, legs)
        found: list[tuple[Serving, list[Hit]]] = []
        notices: tuple[Notice, ...] = ()
        for leg in asked if weight else ():
            try:
                found.append((leg, self._nearest(query, scope, leg, len(legs) > 1)))
                notices += leg.dense.take_notices()
            except (ModelUnavailableError, EngineFullError, IndexServerError) as error:
                notice = LEG_MISSING if len(asked) > 1 else BY_WORDS_ONLY
                notices += (noted(notice, "search.without_leg", error, embedder=leg.entry.model_id),)
        if not found and len(notices) > 1:
            notices = (BY_WORDS_ONLY,)
        likeness = {hit.chunk_id: hit.score for leg, hits in found if leg.entry.leg == FIRST for hit in hits}
        if len(legs) == 1:
            only = [Leg(hits, weight, hits[-1].score if hits else 0.0) for _, hits in found]
            return DenseResults(only, likeness, notices)
        return DenseResults(self._weighed(query, scope, found, weight), likeness, notices)

    def _nearest(self, query: DenseQuery, scope: AccessScope, leg: Serving, scaled: bool) -> list[Hit]:
        if scaled:
            leg.likeness.levels()  # so that a server that is down is met here
        vector = leg.embedder.embed_question(query.question, query.emphasis)
        with leg.dense.index() as dense:
            return dense.search(vector, scope, self._settings.candidates, query.labels)

    def _weighed(
        self,
        query: DenseQuery,
        scope: AccessScope,
        found: Sequence[tuple[Serving, list[Hit]]],
        weight: float,
    ) -> list[Leg]:
        with self._database.reading() as session:
            ids = {hit.chunk_id for _, hits in found for hit in hits}
            languages = chunk_languages(session, ids, scope)
        legs = [leg for leg, _ in found]
        by_language = {one: portions(query.question, legs, one) for one in {"", *languages.values()}}
        results = []
        for place, (leg, hits) in enumerate(found):
            there = moved(query.is_cjk, leg, hits, languages)
            least = min((hit.score for hit in there), default=0.0)
            of_leg = {hit.chunk_id: by_language[languages.get(hit.chunk_id, "")][place] for hit in there}
            results.append(Leg(there, weight, least, of_leg))
        return results


def moved(question_cjk: bool, leg: Serving, hits: Sequence[Hit], languages: Mapping[int, str]) -> list[Hit]:
    """Return the hits with their scores on the built-in embedder's scale; `languages` are the chunks'."""
    if leg.likeness.is_built_in:
        return list(hits)
    both = 1.0 + SMOOTHING  # a score is of the chunk and of its document
    there = []
    for hit in hits:
        own = leg.likeness.levels(question_cjk, languages.get(hit.chunk_id, "") in CJK_LANGUAGES)
        there.append(Hit(hit.chunk_id, both * own.moved_to(BUILT_IN_LEVELS, hit.score / both)))
    return there


def portions(question: str, legs: Sequence[Serving], language: str) -> list[float]:
    """Return the portion of each leg in the score of a chunk in this language, 1 in all.

    Only legs that embed the chunk count, and of these only those that can read it, if any can.
    """
    beside = sum(leg.entry.weight for leg in legs if leg.entry.leg != FIRST)
    shares = [leg.entry.weight if leg.entry.leg != FIRST else max(0.0, 1.0 - beside) for leg in legs]
    embedding = [
        share * _readable(leg, question) * leg.entry.embeds(language)
        for leg, share in zip(legs, shares, strict=True)
    ]
    reading = [
        share * (leg.embedder.tokenizer.reads_cjk or language not in CJK_LANGUAGES)
        for leg, share in zip(legs, embedding, strict=True)
    ]
    counted = reading if any(reading) else embedding
    total = sum(counted)
    return [share / total if total else 0.0 for share in counted]


def _readable(leg: Serving, question: str) -> float:
    """Return the share of the question in a script that the embedder of a leg can read."""
    return 1.0 if leg.embedder.tokenizer.reads_cjk else 1.0 - cjk_share(question)
