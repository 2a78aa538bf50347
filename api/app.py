"""The composition root: the one place where the parts are put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from admin.identity.callers import Callers
from admin.readiness import Readiness
from admin.releases import Releases
from core.data_folder import make_data_folder
from core.locks import SignOfLife
from core.settings import Settings
from core.store.changes import live_chunk_ids
from core.store.database import Database
from core.store.embedders import FIRST, EmbedderEntry
from ingest.ingestion import Ingestion
from ingest.pipeline import Parse, Pipeline
from ingest.run.run import Runs
from ingest.sandbox.pool import ParserSandbox
from ingest.schedule.night import Schedule
from ingest.schedule.watch import Watch
from ingest.schedule.worker import Worker
from ingest.uploads.queue import UploadQueue
from ingest.uploads.spool import Spool
from ingest.uploads.worker import UploadWorker
from llm.embedding.embedder import Embedder
from llm.embedding.opening import chosen_embedders, reopen_embedder
from llm.entailment.opening import open_entailment
from llm.extractive.generator import ExtractiveGenerator
from llm.generator import Generator
from llm.generators import open_generator
from llm.reranking.opening import open_reranker
from retrieval.answer import Answerer
from retrieval.dense.faiss_index import FORM
from retrieval.dense.kinds import DenseKinds
from retrieval.follow.follower import Follower, Opens
from retrieval.follow.indexes import Indexes
from retrieval.follow.serving import ExtractiveInForce, Models, Serving
from retrieval.index import DenseIndex, LexicalIndex
from retrieval.judge.embedder_promotion import EmbedderPromotion
from retrieval.judge.promotion import Promotion
from retrieval.judge.trials import Trials
from retrieval.search import Searcher
from retrieval.words.tantivy_index import FORM as TANTIVY_FORM
from retrieval.words.tantivy_index import TantivyIndex


@dataclass(frozen=True, kw_only=True)
class App:
    """The parts of the application, put together by `build`."""

    settings: Settings
    database: Database
    indexes: Indexes
    searcher: Searcher
    generator: Generator
    answerer: Answerer
    pipeline: Pipeline
    ingestion: Ingestion
    promotion: Promotion
    embedder_promotion: EmbedderPromotion
    releases: Releases
    readiness: Readiness
    runs: Runs
    life: SignOfLife
    sandbox: ParserSandbox
    uploads: UploadQueue
    callers: Callers

    def close(self) -> None:
        """Release models, processes, files and connections."""
        self.sandbox.close()
        self.generator.close()
        self.indexes.close()
        self.life.close()
        self.database.close()


def build(
    settings: Settings,
    embedder: Embedder | None = None,
    parse: Parse | None = None,
    reopen: Callable[[EmbedderEntry], Embedder] | None = None,
    legs: Mapping[str, Embedder] = MappingProxyType({}),
) -> App:
    """Return the application; models are loaded and indexes opened when they are needed.

    `embedder` replaces the embedder of the settings, `legs` those of the legs by name, `parse` the sandboxed
    parsers, and `reopen` the function that opens an embedder in force that the settings do not name.

    Raises: SettingsError if the data folder cannot be made, or is open to others and cannot be closed;
    StorageError if the database cannot be used; ModelError if there is no embedder.
    """
    make_data_folder(settings.data_dir)
    database = Database(settings.sql_url)
    database.migrate()
    life = SignOfLife(settings.data_dir)
    chosen = chosen_embedders(settings.llm, {**legs, **({FIRST: embedder} if embedder else {})})
    models = _models(settings, database, chosen, reopen or partial(reopen_embedder, settings.llm))
    root = settings.data_dir / "index"

    def tantivy_index(folder: Path | None) -> LexicalIndex:
        return TantivyIndex(root, settings.retrieval.around_weight, folder)

    lexical = Follower("lexical", database, root, None, tantivy_index, TANTIVY_FORM)
    indexes = Indexes(models, lexical)
    reranker, entailment = open_reranker(settings.llm), open_entailment(settings.llm)

    searcher = Searcher(database, indexes.serving, lexical, settings.retrieval, reranker)

    def extractive(over: Sequence[Serving], by: Searcher) -> ExtractiveGenerator:
        return ExtractiveGenerator(over[0].embedder, by.term_weights, settings.retrieval.answer_words)

    in_force = ExtractiveInForce(lambda: extractive(indexes.serving(), searcher))
    generator = open_generator(settings.llm, in_force)

    def stepping_in() -> ExtractiveGenerator:
        return extractive(indexes.serving(), searcher)

    def answerer(over: Sequence[Serving], words: Opens[LexicalIndex], waiting: bool) -> Answerer:
        beside = Searcher(database, lambda: over, words, settings.retrieval, reranker, waiting)
        by = extractive(over, beside) if generator is in_force else generator
        return Answerer(beside, by, settings.retrieval, entailment, lambda: extractive(over, beside))

    sandbox = ParserSandbox(settings.ingest, hidden=[settings.data_dir])
    runs = Runs(database, life, models.embedders, settings.ingest.lease_seconds)
    pipeline = Pipeline(database, runs, settings.ingest, parse or sandbox.parse)
    trials, lost = Trials(database, answerer), settings.ingest.golden_lost
    promotion = Promotion(database, indexes, trials, lost)
    embedder_promotion = EmbedderPromotion(
        database=database, models=models, lexical=lexical, trials=trials, golden_lost=lost
    )
    return App(
        settings=settings,
        database=database,
        indexes=indexes,
        searcher=searcher,
        generator=generator,
        answerer=Answerer(searcher, generator, settings.retrieval, entailment, stepping_in),
        pipeline=pipeline,
        ingestion=Ingestion(
            settings, database, pipeline, promotion, embedder_promotion, indexes.bring_up_to_date
        ),
        promotion=promotion,
        embedder_promotion=embedder_promotion,
        releases=Releases(database, promotion, embedder_promotion, indexes),
        readiness=Readiness(database, indexes, generator),
        runs=runs,
        sandbox=sandbox,
        uploads=UploadQueue(database, Spool(settings.data_dir / "uploads"), settings),
        life=life,
        callers=Callers(database, settings.api),
    )


def make_worker(app: App) -> Worker:
    """Return a worker on the jobs of all sources that also runs the nightly sync."""
    night = Schedule(app.database, app.settings.ingest.night, app.ingestion.sync, app.ingestion.settle)
    return Worker(app.database, app.runs, app.ingestion.resume, night)


def make_upload_worker(app: App) -> UploadWorker:
    """Return a worker on the uploads that were accepted over this data folder."""
    return UploadWorker(app.database, app.uploads, app.ingestion, app.runs, app.settings.ingest.lease_seconds)


def make_watch(app: App) -> Watch:
    """Return a watch over the folders among the sources."""
    return Watch(app.database, app.settings.ingest.watch, app.ingestion.sync, app.settings.data_dir)


def _models(
    settings: Settings,
    database: Database,
    chosen: Sequence[tuple[EmbedderEntry, Embedder]],
    reopen: Callable[[EmbedderEntry], Embedder],
) -> Models:
    """Return the embedders with their indexes; the first one ever chosen comes into force at once."""

    root = settings.data_dir / "index"

    def follow(name: str, embedder: Embedder) -> Follower[DenseIndex]:
        def chunks() -> int:
            with database.reading() as session:
                return len(live_chunk_ids(session, embedder.model_id))

        kinds = DenseKinds(embedder.dimension, root, settings.retrieval, settings.llm.device, chunks, name)
        return Follower(name, database, root, embedder.model_id, kinds.open, FORM)

    models = Models(database, root, chosen, reopen, follow)
    models.begin()
    return models
