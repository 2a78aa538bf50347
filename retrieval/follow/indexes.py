"""The indexes in force: the dense index of the embedder in force, and the lexical index."""

from dataclasses import dataclass
from typing import Any

from llm.embedding.embedder import Embedder
from retrieval.follow.follower import Follower
from retrieval.follow.serving import Models
from retrieval.index import DenseIndex, LexicalIndex


@dataclass(frozen=True, slots=True)
class Indexes:
    """The two indexes that searches use now, whichever process put their embedder in force."""

    models: Models
    lexical: Follower[LexicalIndex]

    @property
    def embedder(self) -> Embedder:
        """The embedder in force."""
        return self.models.in_force().embedder

    @property
    def dense(self) -> Follower[DenseIndex]:
        """The dense index in force."""
        return self.models.in_force().dense

    def followers(self) -> dict[str, Follower[Any]]:
        """Return both indexes by name."""
        return {"dense": self.dense, "lexical": self.lexical}

    def bring_up_to_date(self) -> None:
        """Make both saved indexes hold what is committed. Raises: StorageError."""
        for follower in self.followers().values():
            follower.bring_up_to_date()

    def drop_beside(self) -> None:
        """Remove the dense indexes of all other embedders from the disk. Raises: StorageError."""
        self.models.drop_beside()

    def open(self) -> None:
        """Open both indexes, so that the first question need not wait. Raises: IndexUnusableError."""
        with self.dense.index(), self.lexical.index():
            pass

    def close(self) -> None:
        """Close the files of every index, those of other embedders too."""
        self.lexical.close()
        self.models.close()
