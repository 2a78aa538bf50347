"""An embedder behind a URL: text-embeddings-inference, or any server with OpenAI's embeddings."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.errors import ModelUnavailableError
from core.settings import LlmSettings
from llm.embedding.embedder import Emphasis, Vectors
from llm.embedding.folder import BUILT_IN, embedder_folder
from llm.embedding.tokens import TextTokenizer
from llm.servers.model_server import ModelServer


class ServerEmbedder:
    """An embedder on a server.

    If the settings name no tokenizer, the built-in one counts tokens. Its tokens are shorter than those of
    most models, so that chunks become too short rather than too long.
    """

    def __init__(self, settings: LlmSettings) -> None:
        server = settings.embedder_server
        self._settings = server
        self._server = ModelServer(settings.embedder, server)
        self._question_prompt = settings.question_prompt or ""
        self._passage_prompt = settings.passage_prompt or ""
        self.model_id = (
            f"{server.model}@{server.dimension}{self._passage_prompt and ' '}{self._passage_prompt}"
        )
        self.dimension = server.dimension
        folder = server.tokenizer or embedder_folder(BUILT_IN).path
        self.tokenizer = TextTokenizer(folder, server.max_tokens, self._passage_prompt)
        if server.tokenizer is None:
            self.tokenizer.reads_cjk = server.reads_cjk
        self.forward_seconds = 0.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return `(len(texts), dimension)` float32, unit rows; the server cuts a text over its limit.

        Raises: ModelError if the server does not answer, or answers without such vectors.
        """
        return self._embed([self._passage_prompt + text for text in texts])

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length; a server ignores the weights of words."""
        vector: Vectors = self._embed([self._question_prompt + question])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for first in range(0, len(texts), self._settings.max_texts):
            batch = texts[first : first + self._settings.max_texts]
            vectors[first : first + len(batch)] = self._request(batch)
        return vectors

    def _request(self, texts: Sequence[str]) -> Vectors:
        started = time.perf_counter()
        if self._settings.dialect == "tei":
            rows = self._server.post("embed", {"inputs": texts, "normalize": True, "truncate": True})
        else:
            rows = _in_order(self._server.post("embeddings", {"model": self._settings.model, "input": texts}))
        self.forward_seconds += time.perf_counter() - started
        try:
            vectors = np.asarray(rows, np.float32)
        except (TypeError, ValueError) as error:
            raise ModelUnavailableError(f"the embedding server sent no vectors: {error}") from error
        if vectors.shape != (len(texts), self.dimension):
            raise ModelUnavailableError(
                f"the embedding server sent vectors of the shape {vectors.shape} instead of "
                f"{(len(texts), self.dimension)}"
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise ModelUnavailableError(
                "the embedding server sent vectors that are zero or not finite; nothing was stored"
            )
        unit: Vectors = vectors / lengths
        return unit


def _in_order(said: Any) -> list[Any]:
    """Return the vectors in an answer, in the order of the texts."""
    try:
        return [entry["embedding"] for entry in sorted(said["data"], key=lambda entry: entry["index"])]
    except (KeyError, TypeError) as error:
        raise ModelUnavailableError(
            f"the embedding server sent an unexpected answer: {str(said)[:200]}"
        ) from error
