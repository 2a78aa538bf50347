"""The embedders in force and the dense indexes of their vectors, which change together."""

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.errors import ModelError
from core.store.database import Database
from core.store.embedders import (
    FIRST,
    FORMER,
    IN_FORCE,
    WITHDRAWN,
    EmbedderEntry,
    count_unembedded,
    embedder_at,
    embedders_at,
    put_in_force,
)
from core.store.tables import FollowerTable
from core.values.answers import Inquiry, Passage
from llm.embedding.embedder import Embedder
from llm.embedding.likeness import LikenessScale
from llm.extractive.generator import ExtractiveGenerator
from llm.generator import Draft
from retrieval.follow.follower import Follower, Opens, follower_row
from retrieval.follow.lost_embedder import LostEmbedder
from retrieval.index import DenseIndex

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A leg of a search: an embedder for questions, and the dense index of the same model."""

    embedder: Embedder
    dense: Opens[DenseIndex]
    entry: EmbedderEntry
    likeness: LikenessScale
    """The likenesses that the embedder gives to texts which match, and to those which do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An embedder, its entry in the database, and the follower of its dense index."""

    embedder: Embedder
    dense: Follower[DenseIndex]
    entry: EmbedderEntry
    likeness: LikenessScale

    @property
    def serving(self) -> Serving:
        """The embedder and the index for a search."""
        return self.over(self.dense)

    def over(self, dense: Opens[DenseIndex]) -> Serving:
        """Return the embedder over another index of its vectors."""
        return Serving(embedder=self.embedder, dense=dense, entry=self.entry, likeness=self.likeness)


class Models:
    """The models in force, which the database names, and those that the settings choose, by their legs.

    They differ from a change of the settings until a new model has all vectors and is promoted.
    """

    def __init__(
        self,
        database: Database,
        root: Path,
        chosen: Sequence[tuple[EmbedderEntry, Embedder]],
        reopen: Callable[[EmbedderEntry], Embedder],
        follow: Callable[[str, Embedder], Follower[DenseIndex]],
    ) -> None:
        """Keep indexes below `root`; of the `chosen`, one is of the first leg, and each of another leg."""
        self._database = database
        self._root = root
        self._reopen = reopen
        self._follow = follow
        self._lock = threading.Lock()
        self._opened: dict[str, Model] = {}
        self.chosen = {entry.leg: self._model(entry, embedder) for entry, embedder in chosen}

    def in_force(self) -> dict[str, Model]:
        """Return the models in force now by their legs, which another process may have promoted."""
        with self._database.reading() as session:
            entries = embedders_at(session, IN_FORCE)
        if FIRST not in entries:
            return {FIRST: self.chosen[FIRST], **{leg: self._of(entry) for leg, entry in entries.items()}}
        return {leg: self._of(entry) for leg, entry in entries.items()}

    def embedders(self) -> list[tuple[EmbedderEntry, Embedder]]:
        """Return the embedders in force with their entries, the first leg's first."""
        return [(model.entry, model.embedder) for model in self.in_force().values()]

    def former(self, leg: str) -> Model | None:
        """Return the model to which a rollback of a leg would return; None if there is none."""
        with self._database.reading() as session:
            entry = embedder_at(session, FORMER, leg)
        return self._of(entry) if entry else None

    def begin(self) -> None:
        """Put the chosen model of a leg in force if no model ever was, and no chunk lacks its vector.

        The first leg has no other choice. Raises: StorageError.
        """
        with self._database.reading() as session:
            if not self._beginning(session):
                return
        with self._database.writing() as session:
            for entry in self._beginning(session):
                put_in_force(session, entry, complete=False)

    def drop_beside(self) -> None:
        """Remove the dense indexes of all other models from the disk; their vectors stay in the database."""
        kept = {model.dense.name for model in self.in_force().values()}
        for model in self._opened.values():
            if model.dense.name not in kept:
                model.dense.close()
        others = [path for path in self._root.glob("dense*") if path.is_dir() and path.name not in kept]
        if not others:
            return
        with self._database.writing() as session:
            names = [follower_row(self._root, path.name) for path in others]
            session.execute(delete(FollowerTable).where(FollowerTable.name.in_(names)))
        for path in others:
            shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Close all indexes."""
        for model in self._opened.values():
            model.dense.close()

    def _beginning(self, session: Session) -> list[EmbedderEntry]:
        entries = (model.entry for model in self.chosen.values())
        return [
            entry
            for entry in entries
            if not any(embedder_at(session, role, entry.leg) for role in (IN_FORCE, WITHDRAWN))
            and (entry.leg == FIRST or not count_unembedded(session, entry))
        ]

    def _of(self, entry: EmbedderEntry) -> Model:
        """Return the model of an entry; one model in two legs has one embedder and one index.

        The weight is that of the settings, if they choose the same model.
        """
        with self._lock:
            model = self._opened.get(entry.model_id)
            if model is None:
                model = self._model(entry, self._embedder(entry))
        chosen = self.chosen.get(entry.leg)
        if chosen is not None and chosen.entry.model_id == entry.model_id:
            entry = replace(entry, weight=chosen.entry.weight)
        return replace(model, entry=entry)

    def _embedder(self, entry: EmbedderEntry) -> Embedder:
        try:
            embedder = self._reopen(entry)
        except ModelError as error:
            reason = str(error)
        else:
            if embedder.model_id == entry.model_id:
                return embedder
            reason = f"the model there is now {embedder.model_id}"
        log.error("embedder.lost", embedder=entry.model_id, error=reason)
        return LostEmbedder(entry, self.chosen[FIRST].embedder.tokenizer, reason)

    def _model(self, entry: EmbedderEntry, embedder: Embedder) -> Model:
        digest = sha256(embedder.model_id.encode()).hexdigest()[:12]
        dense = self._follow(f"dense-{digest}", embedder)
        likeness = LikenessScale(embedder, entry.levels)
        model = Model(embedder=embedder, dense=dense, entry=entry, likeness=likeness)
        return self._opened.setdefault(embedder.model_id, model)


class ExtractiveInForce:
    """The extractive generator with the embedder in force at each question."""

    name = "extractive"

    def __init__(self, make: Callable[[], ExtractiveGenerator]) -> None:
        self._make = make

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield sentences from the passages."""
        return self._make().draft(inquiry, passages)

    def warm_up(self) -> None:
        """Do nothing: the only model is the embedder, which is loaded for the search."""

    def close(self) -> None:
        """Do nothing: the embedder is not the generator's own."""
