"""Releases: what is in force, what waits, and moving documents and embedders into force or out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from admin.progress import ShowProgress, unseen
from core.store.changes import live_chunk_ids
from core.store.database import Database
from core.store.documents.gating import GateCounts, count_gate_states
from core.store.embedders import (
    FIRST,
    FORMER,
    IN_FORCE,
    WITHDRAWN,
    EmbedderEntry,
    count_unembedded,
    embedder_at,
    embedders_at,
)
from core.store.goldens import last_verdicts
from retrieval.follow.indexes import Indexes
from retrieval.judge.embedder_promotion import EmbedderPromotion
from retrieval.judge.golden import Verdict
from retrieval.judge.promotion import Promotion


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStatus:
    """The embedders of one leg: in force, waiting, and to be gone back to."""

    in_force: EmbedderEntry | None
    former: EmbedderEntry | None
    """The embedder that a rollback returns to."""
    withdrawn: EmbedderEntry | None
    """The embedder that was rolled back."""
    chosen: str
    """The model id of the embedder that the settings choose; empty if they do not name the leg."""
    chunks_to_embed: int
    """The chunks that have no vector of the chosen embedder yet."""
    chunks: int
    """The chunks in the dense index in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStatus:
    """What is in force, what waits, and what can be rolled back."""

    first: LegStatus
    legs: Mapping[str, LegStatus]
    """The legs beside the first, by name."""
    documents: GateCounts
    verdicts: Mapping[str, Mapping[str, Any]]
    """The last verdict of the golden questions, by subject."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The embedders in force after a build by their legs, and the verdicts on those that were built."""

    in_force: Mapping[str, str]
    verdicts: Sequence[Verdict]

    @property
    def first(self) -> str:
        """The embedder of the first leg."""
        return self.in_force[FIRST]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How many former versions and vectors of the former embedder were removed."""

    versions: int
    vectors: int


class Releases:
    """Promotes, rolls back and confirms documents and embedders, and keeps both indexes up to date."""

    def __init__(
        self, database: Database, promotion: Promotion, embedders: EmbedderPromotion, indexes: Indexes
    ) -> None:
        self._database = database
        self._promotion = promotion
        self._embedders = embedders
        self._indexes = indexes

    def status(self) -> ReleaseStatus:
        """Return what is in force, what waits, and what can be rolled back."""
        models = self._indexes.models
        in_force = models.in_force()
        with self._database.reading() as session:
            named = embedders_at(session, WITHDRAWN)
            legs = {leg: self._leg(session, leg) for leg in sorted({*in_force, *models.chosen, *named})}
            return ReleaseStatus(
                first=legs.pop(FIRST),
                legs=legs,
                documents=count_gate_states(session),
                verdicts=last_verdicts(session),
            )

    def _leg(self, session: Session, leg: str) -> LegStatus:
        chosen = self._indexes.models.chosen.get(leg)
        in_force = embedder_at(session, IN_FORCE, leg)
        return LegStatus(
            in_force=in_force,
            former=embedder_at(session, FORMER, leg),
            withdrawn=embedder_at(session, WITHDRAWN, leg),
            chosen=chosen.entry.model_id if chosen else "",
            chunks_to_embed=count_unembedded(session, chosen.entry) if chosen else 0,
            chunks=len(live_chunk_ids(session, in_force.model_id)) if in_force else 0,
        )

    def build(self, show: ShowProgress = unseen) -> BuildResult:
        """Embed every chunk that lacks a vector, and let the golden questions judge the chosen embedders.

        Raises: as `EmbedderPromotion.judge`.
        """
        with show("Embedding") as advance:
            self._embedders.mend(advance)
            verdicts = self._embedders.judge_all(advance, again=True)
            self._embedders.mend(advance)
        self._indexes.bring_up_to_date()
        in_force = self._indexes.models.in_force()
        return BuildResult({leg: model.entry.model_id for leg, model in in_force.items()}, verdicts)

    def promote_documents(self) -> int:
        """Bring the documents that wait or were rolled back into force; return how many."""
        number = self._promotion.promote_documents()
        self._indexes.bring_up_to_date()
        return number

    def promote_embedder(self, leg: str = FIRST, show: ShowProgress = unseen) -> tuple[str, bool]:
        """Bring a leg's embedder of the settings into force; return its model id and whether it was not yet.

        Raises: NotReadyError if the settings have no such leg; ModelError; StorageError.
        """
        with show("Embedding") as advance:
            changed = self._embedders.promote(advance, leg)
            self._embedders.mend(advance)
        self._indexes.bring_up_to_date()
        return self._indexes.models.in_force()[leg].entry.model_id, changed

    def roll_back_documents(self) -> int:
        """Undo the last promotion of documents; return how many documents are as they were before it."""
        number = self._promotion.roll_back_documents()
        self._indexes.bring_up_to_date()
        return number

    def roll_back_embedder(self, leg: str = FIRST, show: ShowProgress = unseen) -> str:
        """Bring the former embedder of a leg into force again and return its model id.

        It is empty if there was none, so that the leg is not searched any more.

        Raises: NotReadyError if there is nothing to go back to; ModelError.
        """
        with show("Embedding") as advance:
            name = self._embedders.roll_back(advance, leg)
        self._indexes.bring_up_to_date()
        return name

    def confirm(self) -> Confirmation:
        """Remove former versions and vectors; a rollback is not possible any more."""
        return Confirmation(*self._promotion.confirm())
