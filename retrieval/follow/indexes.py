"""The indexes in force: the dense index of each embedder in force, and the lexical index."""

from dataclasses import dataclass
from typing import Any

from core.store.embedders import FIRST
from llm.embedding.embedder import Embedder
from retrieval.follow.follower import Follower
from retrieval.follow.serving import Models, Serving
from retrieval.index import DenseIndex, LexicalIndex


@dataclass(frozen=True, slots=True)
class Indexes:
    """The indexes that searches use now, whichever process put their embedders in force."""

    models: Models
    lexical: Follower[LexicalIndex]

    @property
    def embedder(self) -> Embedder:
        """The embedder in force in the first leg."""
        return self.models.in_force()[FIRST].embedder

    @property
    def dense(self) -> Follower[DenseIndex]:
        """The dense index of the first leg."""
        return self.models.in_force()[FIRST].dense

    @property
    def forward_seconds(self) -> float:
        """Time spent inside the models' forward passes so far."""
        return sum(model.embedder.forward_seconds for model in self.models.in_force().values())

    def serving(self) -> tuple[Serving, ...]:
        """Return the legs in force, the first one first."""
        return tuple(model.serving for model in self.models.in_force().values())

    def followers(self) -> dict[str, Follower[Any]]:
        """Return all indexes by name."""
        dense = {f"dense {leg}".strip(): model.dense for leg, model in self.models.in_force().items()}
        return {**dense, "lexical": self.lexical}

    def bring_up_to_date(self) -> None:
        """Make all saved indexes hold what is committed. Raises: StorageError."""
        for follower in self.followers().values():
            follower.bring_up_to_date()

    def drop_beside(self) -> None:
        """Remove the dense indexes of all other embedders from the disk. Raises: StorageError."""
        self.models.drop_beside()

    def open(self) -> None:
        """Open all indexes, so that the first question need not wait. Raises: IndexUnusableError."""
        for follower in self.followers().values():
            with follower.index():
                pass

    def close(self) -> None:
        """Close the files of every index, those of other embedders too."""
        self.lexical.close()
        self.models.close()
