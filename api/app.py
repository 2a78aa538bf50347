"""The composition root: the one place where the parts are put together."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.database import Database
from core.errors import SettingsError
from core.jobs import BACKGROUND
from core.locks import SignOfLife
from core.settings import Settings
from core.sources import SourceEntry
from ingest.pipeline import Parse, Pipeline
from ingest.report import Progress, RunReport, silent
from ingest.run import PLAIN, RunOptions, Runs
from ingest.sandbox.pool import ParserSandbox
from ingest.source import Source
from ingest.sources import open_source
from llm.embedder import Embedder
from llm.embedders import open_embedder
from llm.extractive import ExtractiveGenerator
from llm.generator import Generator
from llm.generators import open_generator
from llm.reranker import open_reranker
from retrieval.answer import Answerer
from retrieval.faiss_index import FORM as FAISS_FORM
from retrieval.faiss_index import FaissIndex
from retrieval.follower import Follower
from retrieval.index import DenseIndex, LexicalIndex
from retrieval.search import Searcher
from retrieval.tantivy_index import FORM as TANTIVY_FORM
from retrieval.tantivy_index import TantivyIndex


@dataclass(frozen=True)
class App:
    """Everything that an edge needs, ready to use."""

    settings: Settings
    database: Database
    embedder: Embedder
    dense: Follower[DenseIndex]
    lexical: Follower[LexicalIndex]
    searcher: Searcher
    generator: Generator
    answerer: Answerer
    pipeline: Pipeline
    life: SignOfLife
    sandbox: ParserSandbox

    def ingest(self, source: Source, tell: Progress = silent, options: RunOptions = PLAIN) -> RunReport:
        """Ingest a source and bring both indexes up to date. Raises: as `Pipeline.ingest`."""
        try:
            return self.pipeline.ingest(source, tell, options)
        finally:
            self.bring_up_to_date()

    def sync(self, entry: SourceEntry) -> RunReport:
        """Open a source again and ingest it, behind whatever is more urgent. Raises: as `Pipeline.ingest`."""
        with closing(open_source(entry, self.settings)) as source:
            return self.ingest(source, options=RunOptions(priority=BACKGROUND))

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
        self.dense.close()
        self.life.close()
        self.database.close()


def build(settings: Settings, embedder: Embedder | None = None, parse: Parse | None = None) -> App:
    """Put the parts together; loads no model and opens no index before it is needed.

    `embedder` stands in for the one that the settings name, `parse` for the confined processes.

    Raises: SettingsError if the data folder cannot be made; StorageError if the database cannot be
    used; ModelError if there is no embedder.
    """
    _make_folder(settings.data_dir)
    database = Database(settings.sql_url)
    database.migrate()
    embedder = embedder or open_embedder(settings.llm)
    indexes = settings.data_dir / "index"
    life = SignOfLife(settings.data_dir)

    def faiss_index(folder: Path | None) -> DenseIndex:
        return FaissIndex(embedder.dimension, folder)

    def tantivy_index(folder: Path | None) -> LexicalIndex:
        return TantivyIndex(indexes, settings.retrieval.around_weight, folder)

    dense = Follower("dense", database, indexes, embedder.model_id, faiss_index, FAISS_FORM)
    lexical = Follower("lexical", database, indexes, embedder.model_id, tantivy_index, TANTIVY_FORM)
    searcher = Searcher(database, embedder, dense, lexical, settings.retrieval, open_reranker(settings.llm))
    extractive = ExtractiveGenerator(embedder, searcher.rarity, settings.retrieval.max_sentences)
    generator = open_generator(settings.llm, extractive)
    sandbox = ParserSandbox(settings.ingest, hidden=[settings.data_dir])
    return App(
        settings=settings,
        database=database,
        embedder=embedder,
        dense=dense,
        lexical=lexical,
        searcher=searcher,
        generator=generator,
        answerer=Answerer(searcher, generator, settings.retrieval),
        pipeline=Pipeline(
            database,
            embedder,
            Runs(database, life, settings.ingest.lease_seconds),
            settings.ingest,
            parse or sandbox.parse,
        ),
        sandbox=sandbox,
        life=life,
    )


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"the data folder {path} cannot be made: {error.strerror}") from error
