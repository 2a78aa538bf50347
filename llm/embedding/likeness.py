"""The scale of an embedder's likenesses: how alike it finds texts that match, and texts that do not.

Embedders differ widely in this: of two unrelated texts, MiniLM says 0.05 and e5 says 0.75. Scores of two
embedders can only be added, and one weight can only suit both, after both are brought to one scale.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from llm.embedding.embedder import Embedder
from llm.embedding.folder import BUILT_IN

_PAIRS = Path(__file__).with_suffix(".json")
# An embedder that sees less of a difference between the pairs sees nothing in them.
_LEAST_GAP = 0.02


@dataclass(frozen=True, slots=True)
class Levels:
    """The median likeness of a question and a passage, of two kinds of pairs."""

    unrelated: float
    """If the passage is about something else."""
    related: float
    """If the passage answers the question in other words."""

    def factor_to(self, other: "Levels") -> float:
        """Return by how much a difference in likeness has to grow to be one on the other scale."""
        return (other.related - other.unrelated) / (self.related - self.unrelated)

    def moved_to(self, other: "Levels", likeness: float) -> float:
        """Return a likeness on the other scale."""
        return other.unrelated + (likeness - self.unrelated) * self.factor_to(other)


BUILT_IN_LEVELS = Levels(0.03, 0.49)
"""Those of the built-in embedder in English, for which the weights of search and answers were chosen."""


class LikenessScale:
    """The levels of an embedder for each pair of scripts; those not `known` are measured when needed."""

    def __init__(
        self, embedder: Embedder, known: Mapping[str, Sequence[float]] = MappingProxyType({})
    ) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._levels = {pair: Levels(*both) for pair, both in known.items()}

    @property
    def is_built_in(self) -> bool:
        """Whether the embedder is the built-in one, whose levels are the unit."""
        return self._embedder.model_id.startswith(f"{BUILT_IN}@")

    def levels(self, question_cjk: bool = False, passage_cjk: bool = False) -> Levels:
        """Return the levels for a question and a passage, each in Chinese, Japanese and Korean or not.

        Raises: as `Embedder.embed`, if they have to be measured.
        """
        if self.is_built_in:
            return BUILT_IN_LEVELS
        known = self._all()
        return known.get(_pair(question_cjk, passage_cjk), known[_pair(False, False)])

    def as_json(self) -> dict[str, list[float]]:
        """Return all levels for `known`. Raises: as `levels`."""
        return {pair: [levels.unrelated, levels.related] for pair, levels in self._all().items()}

    def _all(self) -> Mapping[str, Levels]:
        with self._lock:
            if not self._levels:
                self._levels = _measured(self._embedder)
            return self._levels


def _measured(embedder: Embedder) -> dict[str, Levels]:
    """Return the levels by the scripts of question and passage: of Chinese too if the embedder reads it."""
    pairs = json.loads(_PAIRS.read_text("utf-8"))
    languages = {False: "en", **({True: "zh"} if embedder.tokenizer.reads_cjk else {})}
    questions, passages = {}, {}
    for script, language in languages.items():
        questions[script] = np.stack([embedder.embed_question(pair[language][0], ()) for pair in pairs])
        passages[script] = embedder.embed([pair[language][1] for pair in pairs])
    return {
        _pair(one, other): _levels(questions[one] @ passages[other].T)
        for one in languages
        for other in languages
    }


def _pair(question_cjk: bool, passage_cjk: bool) -> str:
    names = {False: "other", True: "cjk"}
    return f"{names[question_cjk]} {names[passage_cjk]}"


def _levels(likenesses: NDArray[np.float32]) -> Levels:
    related = float(np.median(np.diag(likenesses)))
    unrelated = float(np.median(likenesses[~np.eye(len(likenesses), dtype=bool)]))
    return Levels(unrelated, related) if related - unrelated >= _LEAST_GAP else BUILT_IN_LEVELS
