"""A sentence-transformers cross-encoder as a reranker."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.settings import LlmSettings
from llm.pair_encoder import PairEncoder
from llm.pair_encoder import load as load_pairs


def load(settings: LlmSettings) -> "CrossEncoder":
    """Load the folder in `llm.reranker`.

    Raises: ModelError if it is missing, damaged, or not a cross-encoder with one score or two classes.
    """
    folder = Path(settings.reranker).expanduser()
    pairs = load_pairs(folder, settings, "reranker")
    if len(pairs.classes) not in (1, 2):
        raise ModelError(
            f"the model in {folder} has {len(pairs.classes)} classes; a reranker has one score or two classes"
        )
    return CrossEncoder(pairs)


class CrossEncoder:
    """Reads question and passage in one pass; a single output is a logit, two are the classes no and yes."""

    def __init__(self, pairs: PairEncoder) -> None:
        self.name = pairs.name
        self.reads_cjk = pairs.reads_cjk
        self._pairs = pairs

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(len(texts),)` float32 in 0..1. Raises: ModelError if one is not finite."""
        logits = self._pairs.logits([(question, text) for text in texts])
        says_yes = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        scores: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-says_yes))).astype(np.float32)
        if not np.isfinite(scores).all():
            raise ModelError(f"the reranker {self.name} gave values that are not finite")
        return scores
