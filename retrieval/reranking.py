"""Reranking: a model reads the question and each passage together and orders the passages anew."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from core.errors import EngineFullError, ModelUnavailableError
from core.values.answers import Passage
from llm.reranking.reranker import Reranker

log = structlog.get_logger()

NOT_RERANKED = "The order is preliminary: the reranking model is not available right now."


def reranked(reranker: Reranker, question: str, passages: Sequence[Passage]) -> tuple[list[Passage], str]:
    """Return the passages in the order of the reranker with its scores, and a notice for the reader.

    Passages with equal scores keep their order. If the server of the reranker is down or busy, the passages
    keep their order and scores and the notice says so; otherwise it is empty.

    Raises: ModelError if the reranker cannot be loaded.
    """
    try:
        scores = reranker.scores(question, [passage.indexed_text for passage in passages])
    except (ModelUnavailableError, EngineFullError) as error:
        log.warning("search.not_reranked", reranker=reranker.name, error=str(error))
        return list(passages), NOT_RERANKED
    scored = [replace(passage, score=float(score)) for passage, score in zip(passages, scores, strict=True)]
    return sorted(scored, key=lambda passage: -passage.score), ""
