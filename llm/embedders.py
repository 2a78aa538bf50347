"""The embedder that the settings choose."""

from core.settings import LlmSettings, is_url
from llm.embedder import DeferredEmbedder, Embedder
from llm.server_embedder import ServerEmbedder


def open_embedder(settings: LlmSettings) -> Embedder:
    """Return the embedder that the settings choose; nothing is loaded and no server asked yet.

    Raises: ModelError if there is no model in the folder.
    """
    return ServerEmbedder(settings) if is_url(settings.embedder) else DeferredEmbedder(settings)
