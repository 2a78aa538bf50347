"""Reranking: a model reads the question with each section found, and has a say in their order."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import EngineFullError, ModelUnavailableError
from core.logs import noted
from core.text.language import cjk_share
from core.values.answers import Passage
from core.values.documents import indexed_text
from core.values.notices import NOT_RERANKED, Notice
from llm.reranking.reranker import Reranker

# From this share of Chinese characters on, a question is Chinese.
_MOSTLY = 0.5


def reads(reranker: Reranker, question: str) -> bool:
    """Return whether a reranker knows a question's language. Raises: ModelError if it cannot be loaded."""
    return cjk_share(question) <= _MOSTLY or reranker.reads_cjk


def reranked(
    reranker: Reranker, question: str, passages: Sequence[Passage], sections: Sequence[Passage], weight: float
) -> tuple[list[Passage], tuple[Notice, ...]]:
    """Return the passages in a new order, with new scores, and notices for the reader.

    `sections` are the passages widened: the reranker reads these. Its score counts for `weight`, that of the
    search for the rest. Passages with equal scores keep their order. If the server of the reranker is down
    or busy, the passages keep their order and scores, and a notice says so.

    Raises: ModelError if the reranker cannot be loaded.
    """
    try:
        scores = reranker.scores(question, [indexed_text(one.context, one.text) for one in sections])
    except (ModelUnavailableError, EngineFullError) as error:
        return list(passages), (noted(NOT_RERANKED, "search.not_reranked", error, reranker=reranker.name),)
    scored = [
        replace(passage, score=(1 - weight) * passage.score + weight * float(score))
        for passage, score in zip(passages, scores, strict=True)
    ]
    return sorted(scored, key=lambda passage: -passage.score), ()
