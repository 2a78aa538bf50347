"""The embedder in force and the dense index of its vectors, which change together."""

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import delete

from core.errors import ModelError, ModelUnavailableError
from core.store.database import Database
from core.store.embedders import FORMER, IN_FORCE, EmbedderEntry, embedder_at, put_in_force
from core.store.tables import FollowerTable
from core.values.answers import Inquiry, Passage
from llm.embedding.embedder import Embedder, Emphasis, Vectors
from llm.embedding.tokens import TextTokenizer
from llm.extractive.generator import ExtractiveGenerator
from llm.generator import Draft
from retrieval.follow.follower import Follower, Opens, follower_row
from retrieval.index import DenseIndex

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Serving:
    """An embedder for questions, and the dense index of the same model for searching."""

    embedder: Embedder
    dense: Opens[DenseIndex]


@dataclass(frozen=True, slots=True)
class Model:
    """An embedder and the follower of its dense index."""

    embedder: Embedder
    dense: Follower[DenseIndex]

    @property
    def serving(self) -> Serving:
        """The embedder and the index for a search."""
        return Serving(self.embedder, self.dense)


class Models:
    """The model in force, which the database names, and the one that the settings choose.

    They differ from a change of the setting until the new model has all vectors and is promoted.
    """

    def __init__(
        self,
        database: Database,
        root: Path,
        chosen: Embedder,
        entry: EmbedderEntry,
        reopen: Callable[[EmbedderEntry], Embedder],
        follow: Callable[[str, Embedder], Follower[DenseIndex]],
    ) -> None:
        """Keep indexes below `root`; `entry` is the chosen embedder as the database will name it."""
        self._database = database
        self._root = root
        self._entry = entry
        self._reopen = reopen
        self._follow = follow
        self._lock = threading.Lock()
        self.chosen = self._model(chosen)
        self._others: dict[str, Model] = {}

    def in_force(self) -> Model:
        """Return the model in force now, which another process may have promoted."""
        with self._database.reading() as session:
            entry = embedder_at(session, IN_FORCE)
        return self.chosen if entry is None else self._of(entry)

    def former(self) -> Model | None:
        """Return the model to which a rollback would return; None if there is none."""
        with self._database.reading() as session:
            entry = embedder_at(session, FORMER)
        return self._of(entry) if entry else None

    def entry(self, model: Model) -> EmbedderEntry:
        """Return the database's entry of a model, present or future."""
        if model.embedder.model_id == self._entry.model_id:
            return self._entry
        with self._database.reading() as session:
            known = (embedder_at(session, role) for role in (IN_FORCE, FORMER))
            return next(one for one in known if one and one.model_id == model.embedder.model_id)

    def begin(self) -> None:
        """Put the chosen model in force if no model ever was. Raises: StorageError."""
        with self._database.reading() as session:
            if embedder_at(session, IN_FORCE) is not None:
                return
        with self._database.writing() as session:
            if embedder_at(session, IN_FORCE) is None:
                put_in_force(session, self._entry, complete=False)

    def drop_beside(self) -> None:
        """Remove the dense indexes of all other models from the disk; their vectors stay in the database."""
        kept = self.in_force().dense.name
        others = [path for path in self._root.glob("dense*") if path.is_dir() and path.name != kept]
        if not others:
            return
        with self._database.writing() as session:
            names = [follower_row(self._root, path.name) for path in others]
            session.execute(delete(FollowerTable).where(FollowerTable.name.in_(names)))
        for path in others:
            shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Close all indexes."""
        for model in (self.chosen, *self._others.values()):
            model.dense.close()

    def _of(self, entry: EmbedderEntry) -> Model:
        if entry.model_id == self.chosen.embedder.model_id:
            return self.chosen
        with self._lock:
            if entry.model_id not in self._others:
                self._others[entry.model_id] = self._model(self._opened(entry))
            return self._others[entry.model_id]

    def _opened(self, entry: EmbedderEntry) -> Embedder:
        try:
            embedder = self._reopen(entry)
        except ModelError as error:
            reason = str(error)
        else:
            if embedder.model_id == entry.model_id:
                return embedder
            reason = f"the model there is now {embedder.model_id}"
        log.error("embedder.lost", embedder=entry.model_id, error=reason)
        return LostEmbedder(entry, self.chosen.embedder.tokenizer, reason)

    def _model(self, embedder: Embedder) -> Model:
        digest = sha256(embedder.model_id.encode()).hexdigest()[:12]
        return Model(embedder, self._follow(f"dense-{digest}", embedder))


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


class LostEmbedder:
    """The stand-in for an embedder whose vectors are in force, but which cannot be opened.

    Searches go by words alone until it is back, or until `vade index build` has promoted another.
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
