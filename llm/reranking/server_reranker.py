"""A reranker behind a URL: text-embeddings-inference, or the interface of vLLM, Jina and Cohere."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelUnavailableError
from core.settings import LlmSettings
from llm.servers.model_server import ModelServer


class ServerReranker:
    """A reranker on a server, which is taken to read every language."""

    reads_cjk = True

    def __init__(self, settings: LlmSettings) -> None:
        self.name = settings.reranker_server.model or settings.reranker
        self._settings = settings.reranker_server
        self._server = ModelServer(settings.reranker, settings.reranker_server)

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(len(texts),)` float32 in 0..1.

        Raises: ModelError if the server does not answer, or answers without a score for each text.
        """
        scores = np.empty(len(texts), np.float32)
        for first in range(0, len(texts), self._settings.max_texts):
            batch = texts[first : first + self._settings.max_texts]
            scores[first : first + len(batch)] = self._request(question, batch)
        return scores

    def _request(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._settings.dialect == "tei":
            body: dict[str, Any] = {"query": question, "texts": texts, "truncate": True, "raw_scores": False}
            said, key = self._server.post("rerank", body), "score"
        else:
            body = {"model": self._settings.model, "query": question, "documents": texts}
            said, key = self._server.post("rerank", body), "relevance_score"
        scores = np.full(len(texts), np.nan, np.float32)
        try:
            for entry in said if self._settings.dialect == "tei" else said["results"]:
                scores[entry["index"]] = entry[key]
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise ModelUnavailableError(
                f"the reranking server sent an unexpected answer: {str(said)[:200]}"
            ) from error
        if not np.isfinite(scores).all():
            raise ModelUnavailableError("the reranking server did not send a number for each passage")
        return scores
