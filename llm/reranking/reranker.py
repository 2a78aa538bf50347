"""The contract of a reranker."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


class Reranker(Protocol):
    """Scores how well a passage answers a question, reading both together."""

    name: str

    @property
    def reads_cjk(self) -> bool:
        """Whether it knows Chinese characters. Raises: ModelError if the model cannot be loaded."""
        ...

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """Return `(len(texts),)` float32 in 0..1, comparable for one question.

        Raises: ModelError if the model cannot be loaded or reached, or gives values that are not finite.
        """
        ...
