"""The last look at the order: a model reads the question and each passage together."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from core.errors import EngineFullError, ModelUnavailableError
from core.values.answers import Passage
from llm.reranking.reranker import Reranker

log = structlog.get_logger()

NOT_RERANKED = "The order is a first one: the model that reads it again is not available right now."


def reranked(reranker: Reranker, question: str, passages: Sequence[Passage]) -> tuple[list[Passage], str]:
    """Return the passages in the reranker's order, with its scores; equals keep theirs.

    While a reranker's server is down or busy, they stay as they are, and what to tell of it comes with them.

    Raises: ModelError if the reranker cannot be loaded.
    """
    try:
        scores = reranker.scores(question, [passage.indexed_text for passage in passages])
    except (ModelUnavailableError, EngineFullError) as error:
        log.warning("search.not_reranked", reranker=reranker.name, error=str(error))
        return list(passages), NOT_RERANKED
    scored = [replace(passage, score=float(score)) for passage, score in zip(passages, scores, strict=True)]
    return sorted(scored, key=lambda passage: -passage.score), ""
