"""The embedder in force and the dense index of its vectors: they belong together, and change together."""

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
    """What a question is embedded by, and where vectors of the same model are searched."""

    embedder: Embedder
    dense: Opens[DenseIndex]


@dataclass(frozen=True, slots=True)
class Model:
    """An embedder and the follower that keeps its vectors searchable."""

    embedder: Embedder
    dense: Follower[DenseIndex]

    @property
    def serving(self) -> Serving:
        """The same, to search by."""
        return Serving(self.embedder, self.dense)


class Models:
    """The model in force, which the database names, and the one that the settings choose.

    They differ from a change of the setting until the vectors of the new one are there and let through.
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
        """Keep indexes below `root`; `entry` is what the database is to know of the chosen embedder."""
        self._database = database
        self._root = root
        self._entry = entry
        self._reopen = reopen
        self._follow = follow
        self._lock = threading.Lock()
        self.chosen = self._model(chosen)
        self._others: dict[str, Model] = {}

    def in_force(self) -> Model:
        """Return the model that is searched by now, whichever process put it in force."""
        with self._database.reading() as session:
            entry = embedder_at(session, IN_FORCE)
        return self.chosen if entry is None else self._of(entry)

    def former(self) -> Model | None:
        """Return the model that can be gone back to."""
        with self._database.reading() as session:
            entry = embedder_at(session, FORMER)
        return self._of(entry) if entry else None

    def entry(self, model: Model) -> EmbedderEntry:
        """Return a model as the database knows it, or will."""
        if model.embedder.model_id == self._entry.model_id:
            return self._entry
        with self._database.reading() as session:
            known = (embedder_at(session, role) for role in (IN_FORCE, FORMER))
            return next(one for one in known if one and one.model_id == model.embedder.model_id)

    def begin(self) -> None:
        """Put the chosen model in force where none ever was. Raises: StorageError."""
        with self._database.reading() as session:
            if embedder_at(session, IN_FORCE) is not None:
                return
        with self._database.writing() as session:
            if embedder_at(session, IN_FORCE) is None:
                put_in_force(session, self._entry, complete=False)

    def drop_beside(self) -> None:
        """Remove the dense indexes of all other models from the disk: their vectors are in the database."""
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
        """Give every index's files back."""
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
            reason = f"what is there now is {embedder.model_id}"
        log.error("embedder.lost", embedder=entry.model_id, error=reason)
        return LostEmbedder(entry, self.chosen.embedder.tokenizer, reason)

    def _model(self, embedder: Embedder) -> Model:
        digest = sha256(embedder.model_id.encode()).hexdigest()[:12]
        return Model(embedder, self._follow(f"dense-{digest}", embedder))


class ExtractiveInForce:
    """The extractive generator over whatever embedder is in force when a question comes."""

    name = "extractive"

    def __init__(self, make: Callable[[], ExtractiveGenerator]) -> None:
        self._make = make

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield sentences that stand in the passages."""
        return self._make().draft(inquiry, passages)

    def warm_up(self) -> None:
        """The embedder is all it needs, and the search has that ready."""

    def close(self) -> None:
        """Nothing is its own."""


class LostEmbedder:
    """Stands for an embedder whose vectors are in force and whose files are gone: it embeds nothing.

    Searches go by words alone until it is back, or `vade index build` has put another in force.
    """

    forward_seconds = 0.0

    def __init__(self, entry: EmbedderEntry, tokenizer: TextTokenizer, reason: str) -> None:
        self.model_id = entry.model_id
        self.dimension = entry.dimension
        self.tokenizer = tokenizer
        self._reason = reason

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed nothing. Raises: ModelUnavailableError, always."""
        raise ModelUnavailableError(
            f"the embedder in force, {self.model_id}, cannot be opened: {self._reason}. Put it back, or let "
            "vade index build bring the one of the settings into force"
        )

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Embed nothing. Raises: ModelUnavailableError, always."""
        return self.embed([question])
