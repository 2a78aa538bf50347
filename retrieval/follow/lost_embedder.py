"""The stand-in for an embedder that cannot be opened."""

from collections.abc import Sequence

from core.errors import ModelUnavailableError
from core.store.embedders import EmbedderEntry
from llm.embedding.embedder import Emphasis, Vectors
from llm.embedding.tokens import TextTokenizer


class LostEmbedder:
    """The stand-in for an embedder whose vectors are in force, but which cannot be opened.

    Searches go without it until it is back, or until `vade index build` has promoted another.
    """

    forward_seconds = 0.0

    def __init__(self, entry: EmbedderEntry, tokenizer: TextTokenizer, reason: str) -> None:
        self.model_id = entry.model_id
        self.dimension = entry.dimension
        self.tokenizer = tokenizer
        self._reason = reason

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Refuse to embed. Raises: ModelUnavailableError, always."""
        raise ModelUnavailableError(
            f"the embedder in force, {self.model_id}, cannot be opened: {self._reason}. Restore it, or run "
            "`vade index build` to bring the embedder of the settings into force"
        )

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Refuse to embed. Raises: ModelUnavailableError, always."""
        return self.embed([question])
