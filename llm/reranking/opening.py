"""The reranker that the settings choose; a local one loads its weights with the first question."""

import threading
from collections.abc import Sequence
from pathlib import Path

from core.server_settings import is_url
from core.settings import LlmSettings
from llm.reranking.reranker import Reranker, Scores
from llm.reranking.server_reranker import ServerReranker


class DeferredReranker:
    """A cross-encoder that loads its weights with the first question."""

    def __init__(self, settings: LlmSettings) -> None:
        self.name = Path(settings.reranker).expanduser().resolve().name
        self._settings = settings
        self._loaded: Reranker | None = None
        self._lock = threading.Lock()

    @property
    def reads_cjk(self) -> bool:
        """Whether it knows Chinese characters. Raises: as `Reranker.reads_cjk`."""
        return self._ready().reads_cjk

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """Return `(len(texts),)` float32 in 0..1. Raises: as `Reranker.scores`."""
        return self._ready().scores(question, texts)

    def _ready(self) -> Reranker:
        with self._lock:
            if self._loaded is None:
                from llm.reranking.cross_encoder import load

                self._loaded = load(self._settings)
        return self._loaded


def open_reranker(settings: LlmSettings) -> Reranker | None:
    """Return the reranker that the settings choose, if any, before it loads weights or connects."""
    if not settings.reranker:
        return None
    return ServerReranker(settings) if is_url(settings.reranker) else DeferredReranker(settings)
