"""Reranking: a model reads the question and each passage together and orders the passages anew."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import EngineFullError, ModelUnavailableError
from core.logs import noted
from core.values.answers import Passage
from core.values.notices import NOT_RERANKED, Notice
from llm.reranking.reranker import Reranker


def reranked(
    reranker: Reranker, question: str, passages: Sequence[Passage]
) -> tuple[list[Passage], tuple[Notice, ...]]:
    """Return the passages in the order of the reranker with its scores, and notices for the reader.

    Passages with equal scores keep their order. If the server of the reranker is down or busy, the passages
    keep their order and scores, and a notice says so.

    Raises: ModelError if the reranker cannot be loaded.
    """
    try:
        scores = reranker.scores(question, [passage.indexed_text for passage in passages])
    except (ModelUnavailableError, EngineFullError) as error:
        return list(passages), (noted(NOT_RERANKED, "search.not_reranked", error, reranker=reranker.name),)
    scored = [replace(passage, score=float(score)) for passage, score in zip(passages, scores, strict=True)]
    return sorted(scored, key=lambda passage: -passage.score), ()
