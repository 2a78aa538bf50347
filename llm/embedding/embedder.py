"""The contract of an embedder."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from llm.embedding.tokens import TextTokenizer

Vectors = NDArray[np.float32]

Emphasis = Sequence[tuple[int, int, float]]
"""How much each word of a question matters: half-open offsets and a weight above 0."""


class Embedder(Protocol):
    """Turns texts into vectors; the inner product of two vectors is the likeness of their texts."""

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
        """Return `(dimension,)` float32 of unit length; each word counts by its weight in `emphasis`.

        Tokens outside these words weigh 0.5. A model that does not pool over tokens ignores the weights.
        """
        ...
