"""Readiness: whether the database, the indexes and the models can answer a question."""

from core.errors import NotReadyError, VadeError
from core.store.database import Database
from core.store.documents.reading import count_documents
from core.values.search import AccessScope
from llm.generator import Generator
from retrieval.follow.indexes import Indexes


class Readiness:
    """Loads what the first question needs, and reports whether it is there."""

    def __init__(self, database: Database, indexes: Indexes, generator: Generator) -> None:
        self._database = database
        self._indexes = indexes
        self._generator = generator

    def warm_up(self) -> None:
        """Load the models and open all indexes, so that the first question need not wait.

        Raises: ModelError if a model cannot be loaded; IndexUnusableError.
        """
        for leg in self._indexes.serving():
            leg.embedder.embed(["ready"])
        self._generator.warm_up()
        self._indexes.open()

    def check(self, scope: AccessScope) -> int:
        """Return how many documents the asker may read, if questions can be answered.

        Raises: NotReadyError if the database, an index or a model is missing.
        """
        try:
            with self._database.reading() as session:
                readable = count_documents(session, scope)
            self.warm_up()
        except VadeError as error:
            raise NotReadyError(str(error)) from error
        return readable
