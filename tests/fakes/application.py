"""The real application over a fake embedder: everything but the neural model is what users run."""

from pathlib import Path

from fakes.embedder import FakeEmbedder

from api.app import App
from core.database import Database
from core.settings import Settings, load_settings
from ingest.pipeline import Pipeline
from llm.embedder import Embedder
from llm.extractive import ExtractiveGenerator
from retrieval.answer import Answerer
from retrieval.faiss_index import FaissIndex
from retrieval.follower import Follower
from retrieval.index import DenseIndex, LexicalIndex
from retrieval.search import Searcher
from retrieval.tantivy_index import TantivyIndex


def make_app(data_dir: Path, embedder: Embedder | None = None, **overrides: object) -> App:
    """Return an application as `api.app.build` makes it, with an embedder of the test's choice."""
    return assemble(load_settings(data_dir, **overrides), embedder or FakeEmbedder())


def assemble(settings: Settings, embedder: Embedder) -> App:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.sql_url)
    database.migrate()
    dense = dense_follower(database, settings.data_dir / "index", embedder)
    lexical = lexical_follower(database, settings.data_dir / "index", embedder)
    searcher = Searcher(database, embedder, dense, lexical, settings.retrieval)
    generator = ExtractiveGenerator(embedder, searcher.rarity, settings.retrieval.max_sentences)
    answerer = Answerer(searcher, generator, settings.retrieval)
    pipeline = Pipeline(database, embedder, settings.ingest)
    return App(settings, database, embedder, dense, lexical, searcher, answerer, pipeline)


def dense_follower(database: Database, root: Path, embedder: Embedder) -> Follower[DenseIndex]:
    def make(folder: Path | None) -> DenseIndex:
        return FaissIndex(embedder.dimension, folder)

    return Follower("dense", database, root, embedder.model_id, make)


def lexical_follower(database: Database, root: Path, embedder: Embedder) -> Follower[LexicalIndex]:
    def make(folder: Path | None) -> LexicalIndex:
        return TantivyIndex(root, 1.0, folder)

    return Follower("lexical", database, root, embedder.model_id, make)
