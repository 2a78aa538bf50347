"""The embedder that the settings choose."""

from typing import Any

from pydantic import ValidationError

from core.errors import ModelError
from core.settings import LlmSettings, is_url
from core.store.embedders import EmbedderEntry
from llm.embedding.embedder import DeferredEmbedder, Embedder
from llm.embedding.server_embedder import ServerEmbedder


def open_embedder(settings: LlmSettings) -> Embedder:
    """Return the embedder that the settings choose; nothing is loaded and no server asked yet.

    Raises: ModelError if there is no model in the folder.
    """
    return ServerEmbedder(settings) if is_url(settings.embedder) else DeferredEmbedder(settings)


def embedder_config(settings: LlmSettings) -> dict[str, Any]:
    """Return what opens the chosen embedder again when the settings name another; no secret is in it."""
    return settings.model_dump(
        mode="json",
        include={"embedder", "question_prompt", "passage_prompt", "embedder_server"},
        exclude={"embedder_server": {"api_key"}},
    )


def reopen_embedder(settings: LlmSettings, entry: EmbedderEntry) -> Embedder:
    """Return an embedder as it was chosen once; the key of a server is the one in the settings.

    Raises: ModelError if there is no model in the folder, or it cannot be opened by that.
    """
    server = settings.embedder_server
    said = {**entry.config}
    said["embedder_server"] = {**said.get("embedder_server", {}), "api_key": server.api_key}
    try:
        return open_embedder(LlmSettings.model_validate({**settings.model_dump(), **said}))
    except ValidationError as error:
        raise ModelError(f"{entry.model_id} cannot be opened again: {error}") from error
