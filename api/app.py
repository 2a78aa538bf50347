"""The composition root: the one place where the parts are put together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.locks import SignOfLife
from core.settings import Settings
from core.store.changes import live_chunk_ids
from core.store.database import Database
from core.store.embedders import EmbedderEntry
from ingest.ingestion import Ingestion
from ingest.pipeline import Parse, Pipeline
from ingest.run.run import Runs
from ingest.sandbox.pool import ParserSandbox
from ingest.schedule.night import Schedule
from ingest.schedule.worker import Worker
from llm.embedding.embedder import Embedder
from llm.embedding.opening import embedder_config, open_embedder, reopen_embedder
from llm.extractive.generator import ExtractiveGenerator
from llm.generator import Generator
from llm.generators import open_generator
from llm.reranking.opening import open_reranker
from retrieval.answer import Answerer
from retrieval.dense.faiss_index import FORM
from retrieval.dense.kinds import DenseKinds
from retrieval.follow.follower import Follower, Opens
from retrieval.follow.serving import ExtractiveInForce, Models, Serving
from retrieval.index import DenseIndex, LexicalIndex
from retrieval.judge.promotion import Promotion
from retrieval.search import Searcher
from retrieval.words.tantivy_index import FORM as TANTIVY_FORM
from retrieval.words.tantivy_index import TantivyIndex


@dataclass(frozen=True, kw_only=True)
class App:
    """Everything that an edge needs, ready to use."""

    settings: Settings
    database: Database
    models: Models
    lexical: Follower[LexicalIndex]
    searcher: Searcher
    generator: Generator
    answerer: Answerer
    pipeline: Pipeline
    promotion: Promotion
    runs: Runs
    life: SignOfLife
    sandbox: ParserSandbox

    @property
    def ingestion(self) -> Ingestion:
        """The use case that every edge ingests by."""
        return Ingestion(self.settings, self.database, self.pipeline, self.promotion, self.update_indexes)

    @property
    def embedder(self) -> Embedder:
        """The embedder in force."""
        return self.models.in_force().embedder

    @property
    def dense(self) -> Follower[DenseIndex]:
        """The dense index in force."""
        return self.models.in_force().dense

    @property
    def followers(self) -> dict[str, Follower[Any]]:
        """Both indexes in force, by name."""
        return {"dense": self.dense, "lexical": self.lexical}

    def worker(self) -> Worker:
        """Return a worker over this application; it runs the nights too, if the settings name a time."""
        ingestion = self.ingestion
        night = Schedule(self.database, self.settings.ingest.night, ingestion.sync, ingestion.settle)
        return Worker(self.database, self.runs, ingestion.resume, night)

    def update_indexes(self) -> None:
        """Make both saved indexes hold what is committed."""
        self.dense.bring_up_to_date()
        self.lexical.bring_up_to_date()

    def warm_up(self) -> None:
        """Load the models and open both indexes, so that the first question need not wait.

        Raises: ModelError if a model cannot be loaded; IndexUnusableError.
        """
        self.embedder.embed(["ready"])
        self.generator.warm_up()
        with self.dense.index(), self.lexical.index():
            pass

    def close(self) -> None:
        """Give models, processes, files and connections back."""
        self.sandbox.close()
        self.generator.close()
        self.lexical.close()
        self.models.close()
        self.life.close()
        self.database.close()


def build(
    settings: Settings,
    embedder: Embedder | None = None,
    parse: Parse | None = None,
    reopen: Callable[[EmbedderEntry], Embedder] | None = None,
) -> App:
    """Put the parts together; loads no model and opens no index before it is needed.

    `embedder` stands in for the one that the settings name, `parse` for the confined processes, `reopen`
    for what opens an embedder that is in force though the settings name another.

    Raises: SettingsError if the data folder cannot be made; StorageError if the database cannot be
    used; ModelError if there is no embedder.
    """
    _make_folder(settings.data_dir)
    database = Database(settings.sql_url)
    database.migrate()
    life = SignOfLife(settings.data_dir)
    chosen = embedder or open_embedder(settings.llm)
    models = _models(settings, database, chosen, reopen or partial(reopen_embedder, settings.llm))
    indexes = settings.data_dir / "index"

    def tantivy_index(folder: Path | None) -> LexicalIndex:
        return TantivyIndex(indexes, settings.retrieval.around_weight, folder)

    lexical = Follower("lexical", database, indexes, None, tantivy_index, TANTIVY_FORM)
    reranker = open_reranker(settings.llm)

    def serving() -> Serving:
        return models.in_force().serving

    searcher = Searcher(database, serving, lexical, settings.retrieval, reranker)

    def extractive(over: Serving, by: Searcher) -> ExtractiveGenerator:
        return ExtractiveGenerator(over.embedder, by.term_weights, settings.retrieval.max_sentences)

    in_force = ExtractiveInForce(lambda: extractive(serving(), searcher))
    generator = open_generator(settings.llm, in_force)

    def answerer(over: Serving, words: Opens[LexicalIndex], waiting: bool) -> Answerer:
        beside = Searcher(database, lambda: over, words, settings.retrieval, reranker, waiting)
        by = extractive(over, beside) if generator is in_force else generator
        return Answerer(beside, by, settings.retrieval)

    sandbox = ParserSandbox(settings.ingest, hidden=[settings.data_dir])
    runs = Runs(database, life, lambda: models.in_force().embedder, settings.ingest.lease_seconds)
    return App(
        settings=settings,
        database=database,
        models=models,
        lexical=lexical,
        searcher=searcher,
        generator=generator,
        answerer=Answerer(searcher, generator, settings.retrieval),
        pipeline=Pipeline(database, runs, settings.ingest, parse or sandbox.parse),
        promotion=Promotion(database, models, lexical, answerer, settings.ingest.golden_lost),
        runs=runs,
        sandbox=sandbox,
        life=life,
    )


def _models(
    settings: Settings, database: Database, chosen: Embedder, reopen: Callable[[EmbedderEntry], Embedder]
) -> Models:
    """Return the model in force and the chosen one, which comes into force where none was."""

    indexes = settings.data_dir / "index"

    def follow(name: str, embedder: Embedder) -> Follower[DenseIndex]:
        def chunks() -> int:
            with database.reading() as session:
                return len(live_chunk_ids(session, embedder.model_id))

        kinds = DenseKinds(embedder.dimension, indexes, settings.retrieval, settings.llm.device, chunks, name)
        return Follower(name, database, indexes, embedder.model_id, kinds.open, FORM)

    entry = EmbedderEntry(
        model_id=chosen.model_id, dimension=chosen.dimension, config=embedder_config(settings.llm)
    )
    models = Models(database, indexes, chosen, entry, reopen, follow)
    models.begin()
    return models


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"the data folder {path} cannot be made: {error.strerror}") from error
