"""An application with two legs: an embedder that reads English, and one that reads Chinese as well."""

from collections.abc import Sequence
from pathlib import Path

from fakes.application import make_app
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from sqlalchemy import func, select

from api.app import App
from core.errors import ModelUnavailableError
from core.permissions import scope_of
from core.store.embedders import EmbedderEntry
from core.store.tables import EmbeddingTable
from llm.embedding.embedder import Emphasis, Vectors
from llm.embedding.folder import embedder_folder
from llm.embedding.tokens import TextTokenizer

LEG = "multi"
ENGLISH = "The bearing of the old pump has to be replaced after ten thousand hours of operation."
CHINESE = "机器运行一万小时以后必须更换旧水泵的轴承，否则会出现严重的故障和损坏。"
ASKED_IN_CHINESE = "什么时候更换轴承"
_TRANSLATIONS = {"轴承": " bearing ", "水泵": " pump ", "更换": " replaced ", "小时": " hours "}


class ChineseEmbedder(FakeEmbedder):
    """Finds a Chinese word where its English translation is, for a few words; `down` while its server is."""

    def __init__(self, model_id: str = "chinese@1", dimension: int = 48) -> None:
        super().__init__(model_id, dimension)
        folder = embedder_folder("minilm")
        self.tokenizer = TextTokenizer(folder.path, folder.max_tokens)
        self.tokenizer.reads_cjk = True
        self.down = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.down:
            raise ModelUnavailableError("the server is down")
        return super().embed([_translated(text) for text in texts])

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        vector: Vectors = self.embed([question])[0]
        return vector


def reopened(entry: EmbedderEntry) -> FakeEmbedder:
    kind = ChineseEmbedder if entry.model_id.startswith("chinese") else FakeEmbedder
    return kind(entry.model_id, entry.dimension)


class Bench:
    """A data folder, a source with a document in either language, and the application of now over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = FakeSource()
        self.settings: dict[str, object] = {}
        self.source.put("pump.md", ENGLISH)
        self.source.put("beng.md", CHINESE)
        self.app = self.open()

    def open(
        self, leg: FakeEmbedder | None = None, *languages: str, first: str = "fake@1", **leg_settings: object
    ) -> App:
        """Open the application as another process would, with other settings; with one leg without `leg`."""
        legs = {LEG: leg} if leg else {}
        named = {LEG: {"embedder": "fake", "languages": languages, **leg_settings}} if leg else {}
        self.app = make_app(
            self.folder, FakeEmbedder(first), reopened, legs, llm={"legs": named}, **self.settings
        )
        return self.app

    def ingest(self) -> None:
        self.app.ingestion.ingest(self.source)

    def vectors(self) -> dict[str, int]:
        """Return how many vectors the database has, by model."""
        counted = select(EmbeddingTable.model_id, func.count()).group_by(EmbeddingTable.model_id)
        with self.app.database.reading() as session:
            return {name: number for name, number in session.execute(counted)}  # noqa: C416 (mypy)

    def held(self) -> dict[str, int]:
        """Return how many chunks each index in force holds, by its name."""
        numbers = {}
        for name, follower in self.app.indexes.followers().items():
            with follower.index() as index:
                numbers[name] = len(index.ids())
        return numbers

    def by_meaning(self, question: str, user: str | None = None) -> list[str]:
        """Return the names of the documents that the legs find, best first."""
        hits = self.app.searcher.search(question, scope_of(user), 10).passages
        return [passage.uri.rpartition("/")[-1] for passage in hits]


def _translated(text: str) -> str:
    for chinese, english in _TRANSLATIONS.items():
        text = text.replace(chinese, english)
    return text
