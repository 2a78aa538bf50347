"""The composition root: the one place where the parts are put together."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import SettingsError
from core.events import ignore
from core.locks import SignOfLife
from core.settings import Settings
from core.store.changes import live_chunk_ids
from core.store.database import Database
from core.store.embedders import EmbedderEntry
from core.store.jobs import BACKGROUND
from core.store.sources import RunState, SourceEntry, amend_run
from ingest.connectors.source import Source
from ingest.connectors.sources import open_source
from ingest.pipeline import Parse, Pipeline
from ingest.run.report import Progress, RunReport
from ingest.run.run import PLAIN, RunOptions, Runs
from ingest.sandbox.pool import ParserSandbox
from ingest.schedule.night import Schedule
from ingest.schedule.worker import Worker
from llm.embedding.embedder import Embedder
from llm.embedding.embedders import embedder_config, open_embedder, reopen_embedder
from llm.extractive.generator import ExtractiveGenerator
from llm.generator import Generator
from llm.generators import open_generator
from llm.reranking.reranker import open_reranker
from retrieval.answer import Answerer
from retrieval.dense.faiss_index import FORM
from retrieval.dense.kinds import DenseKinds
from retrieval.follow.follower import Follower, Opens
from retrieval.follow.reembedding import OnEmbedded
from retrieval.follow.serving import ExtractiveInForce, Models, Serving
from retrieval.index import DenseIndex, LexicalIndex
from retrieval.judge.golden import Verdict
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

    def ingest(
        self, source: Source, on_progress: Progress = ignore, options: RunOptions = PLAIN
    ) -> RunReport:
        """Ingest a source and bring both indexes up to date.

        What it brought and has to pass the golden questions comes into force if they hold; if not, the
        report says which broke. Raises: as `Pipeline.ingest`.
        """
        try:
            report = self.pipeline.ingest(source, on_progress, options)
        finally:
            self.promotion.mend()
            self.bring_up_to_date()
        if report.waiting:
            self._settle(report)
        return report

    def sync(self, entry: SourceEntry) -> RunReport:
        """Open a source again and ingest it, behind whatever is more urgent. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self.settings)) as source:
            return self.ingest(source, options=RunOptions(priority=BACKGROUND))

    def settle(self, documents: bool, on_progress: OnEmbedded = ignore) -> list[Verdict]:
        """Let what waits come into force if the golden questions hold: `documents`, and the embedder chosen.

        Raises: as `Promotion.embedder`.
        """
        verdicts = [self.promotion.documents() if documents else None, self.promotion.embedder(on_progress)]
        self.bring_up_to_date()
        return [verdict for verdict in verdicts if verdict]

    def _settle(self, report: RunReport) -> None:
        """Let the golden questions decide on what a run brought, and write it into the run's report."""
        verdict = self.promotion.documents()
        if verdict is None:  # another process has decided
            return
        report.gate = verdict.as_json()
        if not verdict.passed:
            report.suspect(verdict.as_text())
        state = RunState.SUSPICIOUS if report.suspicion else RunState.DONE
        with self.database.writing() as session:
            amend_run(session, report.run, state, report.suspicion, report.as_json())
        self.bring_up_to_date()

    def go_on(self, entry: SourceEntry) -> RunReport:
        """Do what waits of a source, without listing it. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self.settings)) as source:
            return self.ingest(source, options=RunOptions(listing=False, priority=BACKGROUND))

    def worker(self) -> Worker:
        """Return a worker over this application; it runs the nights too, if the settings name a time."""
        night = Schedule(self.database, self.settings.ingest.night, self.sync, self.settle)
        return Worker(self.database, self.runs, self.go_on, night)

    def bring_up_to_date(self) -> None:
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
    runs = Runs(database, life, settings.ingest.lease_seconds)
    return App(
        settings=settings,
        database=database,
        models=models,
        lexical=lexical,
        searcher=searcher,
        generator=generator,
        answerer=Answerer(searcher, generator, settings.retrieval),
        pipeline=Pipeline(
            database, lambda: models.in_force().embedder, runs, settings.ingest, parse or sandbox.parse
        ),
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
