"""The contract of an embedder, and the one that a folder on this machine holds."""

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.settings import LlmSettings
from llm.embedding.folder import embedder_folder
from llm.embedding.tokens import TextTokenizer

Vectors = NDArray[np.float32]

Emphasis = Sequence[tuple[int, int, float]]
"""How much each word of a question matters: half-open offsets and a weight above 0."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their likeness."""

    model_id: str
    dimension: int
    tokenizer: TextTokenizer

    @property
    def forward_seconds(self) -> float:
        """Time spent inside the model's forward pass so far."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return `(len(texts), dimension)` float32, unit rows; a text over the limit is cut there.

        Raises: ModelError if the model cannot be loaded or gives values that are not finite.
        """
        ...

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length, words having a say by their weight.

        What stands in no word has the weight 0.5. A model that does not pool over tokens goes without.
        """
        ...


class DeferredEmbedder:
    """An embedder that loads its weights with the first text.

    Counting tokens and naming the model need no weights: a second ingest of unchanged files never
    imports the neural library, which costs seconds.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self._folder = embedder_folder(settings.embedder, settings.question_prompt, settings.passage_prompt)
        self._settings = settings
        self._loaded: Embedder | None = None
        self._lock = threading.Lock()
        self.model_id = self._folder.model_id
        self.dimension = self._folder.dimension
        self.tokenizer = TextTokenizer(
            self._folder.path, self._folder.max_tokens, self._folder.passage_prompt
        )

    @property
    def forward_seconds(self) -> float:
        """Time spent inside the model's forward pass so far."""
        return self._loaded.forward_seconds if self._loaded else 0.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return `(len(texts), dimension)` float32, unit rows."""
        return self._ready().embed(texts) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length, words having a say by their weight."""
        return self._ready().embed_question(question, emphasis)

    def _ready(self) -> Embedder:
        with self._lock:
            if self._loaded is None:
                load: Callable[..., Embedder] = importlib.import_module(
                    "llm.embedding.sentence_embedder"
                ).load
                self._loaded = load(self._folder, self._settings, self.tokenizer)
        return self._loaded
