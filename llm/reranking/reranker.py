"""The contract of a reranker, and the one that the settings choose."""

import importlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.settings import LlmSettings, is_url
from llm.reranking.server_reranker import ServerReranker

Scores = NDArray[np.float32]


class Reranker(Protocol):
    """Reads a question and a passage together, and says how well the passage answers it."""

    name: str

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """Return `(len(texts),)` float32 in 0..1, comparable for one question.

        Raises: ModelError if the model cannot be loaded or asked, or gives values that are not finite.
        """
        ...


class DeferredReranker:
    """A cross-encoder that loads its weights with the first question."""

    def __init__(self, settings: LlmSettings) -> None:
        self.name = Path(settings.reranker).expanduser().resolve().name
        self._settings = settings
        self._loaded: Reranker | None = None
        self._lock = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """Return `(len(texts),)` float32 in 0..1."""
        return self._ready().scores(question, texts)

    def _ready(self) -> Reranker:
        with self._lock:
            if self._loaded is None:
                load: Callable[[LlmSettings], Reranker] = importlib.import_module(
                    "llm.reranking.cross_encoder"
                ).load
                self._loaded = load(self._settings)
        return self._loaded


def open_reranker(settings: LlmSettings) -> Reranker | None:
    """Return the reranker that the settings choose, if any; nothing is loaded yet."""
    if not settings.reranker:
        return None
    return ServerReranker(settings) if is_url(settings.reranker) else DeferredReranker(settings)
