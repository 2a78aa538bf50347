"""The contract of an entailment model."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Relation:
    """The probabilities, each in 0..1, that a source says a sentence, and that it says otherwise."""

    entailed: float
    contradicted: float


class Entailment(Protocol):
    """Reads a source and a sentence together."""

    name: str

    def relation(self, source: str, sentence: str) -> Relation:
        """Return how the sentence relates to the source.

        Raises: ModelError if the model cannot be loaded, or gives values that are not finite.
        """
        ...
