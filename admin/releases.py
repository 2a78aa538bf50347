"""Releases: what is in force, what waits, and moving documents and embedders into force or out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from admin.progress import ShowProgress, unseen
from core.store.database import Database
from core.store.documents.gating import GateCounts, count_gate_states
from core.store.embedders import FORMER, IN_FORCE, WITHDRAWN, EmbedderEntry, count_unembedded, embedder_at
from core.store.goldens import last_verdicts
from retrieval.follow.indexes import Indexes
from retrieval.judge.golden import Verdict
from retrieval.judge.promotion import Promotion


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStatus:
    """What is in force, what waits, and what can be rolled back."""

    in_force: EmbedderEntry | None
    former: EmbedderEntry | None
    """The embedder that a rollback returns to."""
    withdrawn: EmbedderEntry | None
    """The embedder that was rolled back."""
    chosen: str
    """The model id of the embedder that the settings choose."""
    chunks_to_embed: int
    """The chunks that have no vector of the chosen embedder yet."""
    chunks: int
    """The chunks in the dense index in force."""
    documents: GateCounts
    verdicts: Mapping[str, Mapping[str, Any]]
    """The last verdict of the golden questions, by subject."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The embedder in force after a build, and the verdict on the one that was built, if any was."""

    in_force: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How many former versions and vectors of the former embedder were removed."""

    versions: int
    vectors: int


class Releases:
    """Promotes, rolls back and confirms documents and embedders, and keeps both indexes up to date."""

    def __init__(self, database: Database, promotion: Promotion, indexes: Indexes) -> None:
        self._database = database
        self._promotion = promotion
        self._indexes = indexes

    def status(self) -> ReleaseStatus:
        """Return what is in force, what waits, and what can be rolled back."""
        chosen = self._indexes.models.chosen.embedder.model_id
        with self._indexes.dense.index() as dense:
            chunks = len(dense.ids())
        with self._database.reading() as session:
            return ReleaseStatus(
                in_force=embedder_at(session, IN_FORCE),
                former=embedder_at(session, FORMER),
                withdrawn=embedder_at(session, WITHDRAWN),
                chosen=chosen,
                chunks_to_embed=count_unembedded(session, chosen),
                chunks=chunks,
                documents=count_gate_states(session),
                verdicts=last_verdicts(session),
            )

    def build(self, show: ShowProgress = unseen) -> BuildResult:
        """Embed every chunk that lacks a vector, and let the golden questions judge the chosen embedder.

        Raises: as `Promotion.embedder`.
        """
        with show("Embedding") as advance:
            self._promotion.mend(advance)
            verdict = self._promotion.embedder(advance, again=True)
        self._indexes.bring_up_to_date()
        return BuildResult(self._indexes.embedder.model_id, verdict)

    def promote_documents(self) -> int:
        """Bring the documents that wait or were rolled back into force; return how many."""
        number = self._promotion.promote_documents()
        self._indexes.bring_up_to_date()
        return number

    def promote_embedder(self, show: ShowProgress = unseen) -> tuple[str, bool]:
        """Bring the embedder of the settings into force; return its model id and whether it was not yet.

        Raises: ModelError; StorageError.
        """
        with show("Embedding") as advance:
            changed = self._promotion.promote_embedder(advance)
        self._indexes.bring_up_to_date()
        return self._indexes.embedder.model_id, changed

    def roll_back_documents(self) -> int:
        """Undo the last promotion of documents; return how many documents are as they were before it."""
        number = self._promotion.roll_back_documents()
        self._indexes.bring_up_to_date()
        return number

    def roll_back_embedder(self, show: ShowProgress = unseen) -> str:
        """Bring the former embedder into force again and return its model id.

        Raises: NotReadyError if there is no former embedder; ModelError.
        """
        with show("Embedding") as advance:
            name = self._promotion.roll_back_embedder(advance)
        self._indexes.bring_up_to_date()
        return name

    def confirm(self) -> Confirmation:
        """Remove former versions and vectors; a rollback is not possible any more."""
        return Confirmation(*self._promotion.confirm())
