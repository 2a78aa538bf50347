"""An embedder without a neural model: a text is the sum of its words' hashed directions."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from core.errors import ModelError
from core.store.embedders import EmbedderEntry
from core.text.language import terms
from llm.embedding.embedder import Embedder, Emphasis, Vectors
from llm.embedding.folder import embedder_folder
from llm.embedding.tokens import TextTokenizer


class FakeEmbedder:
    """Texts that share words lie near each other, the same text always at the same place.

    Counts with the built-in model's own tokenizer, so that chunks come out as they do for real.
    `texts` holds what was embedded, in order, `emphasis` the words of the last question and their
    weights; while `broken`, every call fails.
    """

    forward_seconds = 0.0

    def __init__(self, model_id: str = "fake@1", dimension: int = 64) -> None:
        self.model_id = model_id
        self.dimension = dimension
        self.tokenizer = built_in_tokenizer()
        self.texts: list[str] = []
        self.emphasis: dict[str, float] = {}
        self.broken = False
        self._calls_left = -1

    def break_after(self, calls: int) -> None:
        """Make every call fail once `calls` more have succeeded."""
        self._calls_left = calls

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.broken = self.broken or self._calls_left == 0
        self._calls_left -= 1
        if self.broken:
            raise ModelError("the fake embedder was told to fail")
        self.texts.extend(texts)
        rows = [embedding(text, self.dimension) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), np.float32)

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        self.emphasis = {question[start:end]: weight for start, end, weight in emphasis}
        vector: Vectors = self.embed([question])[0]
        return vector


def in_force(embedder: FakeEmbedder | None = None) -> list[tuple[EmbedderEntry, Embedder]]:
    """Return an embedder with its entry, as `Models.embedders` does."""
    only = embedder or FakeEmbedder()
    return [(EmbedderEntry(model_id=only.model_id, dimension=only.dimension, config={}), only)]


def embedding(text: str, dimension: int) -> Vectors:
    """Return `(dimension,)` float32 of unit length."""
    total = sum((_direction(word, dimension) for word in terms(text) or [text]), np.zeros(dimension))
    length = float(np.linalg.norm(total))
    unit = total / length if length > 1e-6 else _direction(text, dimension)
    return np.asarray(unit / np.linalg.norm(unit), np.float32)


@lru_cache(maxsize=1)
def built_in_tokenizer() -> TextTokenizer:
    folder = embedder_folder("minilm")
    return TextTokenizer(folder.path, folder.max_tokens)


@lru_cache(maxsize=10_000)
def _direction(word: str, dimension: int) -> np.ndarray:
    seed = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension)
