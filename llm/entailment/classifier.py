"""A classifier of entailment, neutrality and contradiction, as trained on MNLI or XNLI."""

from pathlib import Path

import numpy as np

from core.errors import ModelError
from core.settings import LlmSettings
from llm.entailment.entailment import Relation
from llm.pair_encoder import PairEncoder
from llm.pair_encoder import load as load_pairs

_CLASSES = ("entailment", "contradiction")


def load(settings: LlmSettings) -> "EntailmentClassifier":
    """Load the folder in `llm.entailment`.

    Raises: ModelError if it is missing, damaged, or its config does not name the classes `entailment` and
    `contradiction`.
    """
    folder = Path(settings.entailment).expanduser()
    pairs = load_pairs(folder, settings, "entailment model")
    missing = [name for name in _CLASSES if name not in pairs.classes.values()]
    if missing:
        raise ModelError(
            f"the model in {folder} names no class {' or '.join(missing)}; its classes are "
            f"{sorted(pairs.classes.values())}. Set id2label in its config.json"
        )
    return EntailmentClassifier(pairs)


class EntailmentClassifier:
    """Reads a source and a sentence in one pass."""

    def __init__(self, pairs: PairEncoder) -> None:
        self.name = pairs.name
        self._pairs = pairs
        self._places = {label: number for number, label in pairs.classes.items()}

    def relation(self, source: str, sentence: str) -> Relation:
        """Return how the sentence relates to the source. Raises: ModelError if a value is not finite."""
        [logits] = self._pairs.logits([(source, sentence)]).astype(np.float64)
        powers = np.exp(logits - logits.max())
        shares = powers / powers.sum()
        if not np.isfinite(shares).all():
            raise ModelError(f"the entailment model {self.name} gave values that are not finite")
        return Relation(
            float(shares[self._places["entailment"]]), float(shares[self._places["contradiction"]])
        )
