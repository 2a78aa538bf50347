"""The entailment model that the settings choose; it loads its weights with the first sentence to check."""

import threading
from pathlib import Path

from core.settings import LlmSettings
from llm.entailment.entailment import Entailment, Relation


class DeferredEntailment:
    """An entailment model that loads its weights with the first sentence."""

    def __init__(self, settings: LlmSettings) -> None:
        self.name = Path(settings.entailment).expanduser().resolve().name
        self._settings = settings
        self._loaded: Entailment | None = None
        self._lock = threading.Lock()

    def relation(self, source: str, sentence: str) -> Relation:
        """Return how the sentence relates to the source. Raises: as `Entailment.relation`."""
        return self._ready().relation(source, sentence)

    def _ready(self) -> Entailment:
        with self._lock:
            if self._loaded is None:
                from llm.entailment.classifier import load

                self._loaded = load(self._settings)
        return self._loaded


def open_entailment(settings: LlmSettings) -> Entailment | None:
    """Return the entailment model that the settings choose, if any, before it loads weights."""
    return DeferredEntailment(settings) if settings.entailment else None
