"""The embedder that the settings choose; a local one loads its weights with the first text."""

import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import SecretStr, ValidationError

from core.errors import ModelError
from core.server_settings import is_url
from core.settings import LlmSettings
from core.store.embedders import FIRST, EmbedderEntry
from llm.embedding.embedder import Embedder, Emphasis, Vectors
from llm.embedding.folder import embedder_folder
from llm.embedding.server_embedder import ServerEmbedder
from llm.embedding.tokens import TextTokenizer

# The settings that an embedder depends on, which each leg has for itself.
_OF_EMBEDDER = ("embedder", "question_prompt", "passage_prompt", "embedder_server")


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
        """Return `(len(texts), dimension)` float32, unit rows. Raises: as `Embedder.embed`."""
        return self._ready().embed(texts) if texts else np.zeros((0, self.dimension), np.float32)

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return `(dimension,)` float32 of unit length; each word counts by its weight in `emphasis`."""
        return self._ready().embed_question(question, emphasis)

    def _ready(self) -> Embedder:
        with self._lock:
            if self._loaded is None:
                from llm.embedding.sentence_embedder import load

                self._loaded = load(self._folder, self._settings, self.tokenizer)
        return self._loaded


def open_embedder(settings: LlmSettings) -> Embedder:
    """Return the embedder that the settings choose, before it loads weights or connects to a server.

    Raises: ModelError if the folder holds no model.
    """
    return ServerEmbedder(settings) if is_url(settings.embedder) else DeferredEmbedder(settings)


def chosen_embedders(
    settings: LlmSettings, instead: Mapping[str, Embedder] = MappingProxyType({})
) -> list[tuple[EmbedderEntry, Embedder]]:
    """Return the embedders that the settings choose with their entries, the first leg's first.

    Those in `instead`, by leg, take the place of the ones in the settings.

    Raises: ModelError if a folder holds no model, or if two legs have the same model.
    """
    legs = {FIRST: settings, **{leg: _of_leg(settings, leg) for leg in settings.legs}}
    chosen: list[tuple[EmbedderEntry, Embedder]] = []
    for leg, of_leg in legs.items():
        embedder = instead.get(leg) or open_embedder(of_leg)
        entry = EmbedderEntry(
            model_id=embedder.model_id,
            dimension=embedder.dimension,
            config=embedder_config(of_leg),
            leg=leg,
            languages=frozenset(settings.legs[leg].languages) if leg else frozenset(),
            weight=settings.legs[leg].weight if leg else 1.0,
        )
        if any(entry.model_id == other.model_id for other, _ in chosen):
            raise ModelError(f"the leg {leg} has the embedder of another leg, {entry.model_id}; remove it")
        chosen.append((entry, embedder))
    return chosen


def embedder_config(settings: LlmSettings) -> dict[str, Any]:
    """Return the settings that `reopen_embedder` needs for the chosen embedder, without any secret."""
    return settings.model_dump(
        mode="json", include=set(_OF_EMBEDDER), exclude={"embedder_server": {"api_key"}}
    )


def reopen_embedder(settings: LlmSettings, entry: EmbedderEntry) -> Embedder:
    """Return an embedder as it was configured once; a server's key comes from the present settings.

    Raises: ModelError if the folder holds no model, or the old configuration is not valid any more.
    """
    known = _of_leg(settings, entry.leg) if entry.leg in settings.legs else settings
    key = known.embedder_server.api_key if entry.leg in {FIRST, *settings.legs} else SecretStr("")
    saved = {**entry.config}
    saved["embedder_server"] = {**saved.get("embedder_server", {}), "api_key": key}
    try:
        return open_embedder(LlmSettings.model_validate({**settings.model_dump(), **saved}))
    except ValidationError as error:
        raise ModelError(f"{entry.model_id} cannot be opened again: {error}") from error


def _of_leg(settings: LlmSettings, leg: str) -> LlmSettings:
    """Return the settings with a leg's embedder in the place of the first one."""
    of_leg = settings.legs[leg]
    return settings.model_copy(update={key: getattr(of_leg, key) for key in _OF_EMBEDDER})
