"""Many synthetic documents made of few real ones, committed as in the product.

A text has the length of a real chunk, drawn anew for each; half of its words are that chunk's, half are
drawn from all real chunks by their frequency. Its vector is that of a real chunk, drawn by the text's
checksum, plus noise of the vector's length times `_NOISE`: neighbours stay near, and no two are equal.
The model is called only for the real chunks and for questions.
"""

import json
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.set_folders import data_folder
from core.errors import ParseError
from core.values.documents import Block, BlockKind, ParsedDocument
from ingest.chunker import chunk
from ingest.connectors.source import Listed, Listing
from ingest.parsers.formats import parse
from llm.embedding.embedder import Embedder, Emphasis, Vectors

_REAL = "corpus_mixed_18f_handbook", "corpus_md_en_sourcegraph_handbook"
_REAL_CHUNKS = 2000
_NOISE = 0.5
_CHUNKS_A_DOCUMENT = 10
_LISTED_AT_ONCE = 100
_LEAST_WORDS = 5
_MOST_BYTES = 2**20
_QUESTION_WORDS = 5, 12

# Who may read: everything, each tenth document, each hundredth.
SHARES = {"100 %": ("group:all", 1), "10 %": ("group:tenth", 10), "1 %": ("group:hundredth", 100)}
# Groups that an asker is in besides, as everybody in a company is.
OTHER_GROUPS = frozenset(f"group:other-{number}" for number in range(20))


class RealChunks:
    """Chunks of real files, and their vectors; kept in `folder` once they are computed."""

    def __init__(self, files: Sequence[Path], embedder: Embedder, folder: Path, most: int) -> None:
        self.texts = list(islice((text for path in files for text in _chunks(path, embedder)), most))
        kept = folder / f"real-{len(self.texts)}.npy"
        if not kept.exists():
            folder.mkdir(parents=True, exist_ok=True)
            np.save(kept, embedder.embed(self.texts))
        self.vectors: Vectors = np.load(kept)
        self.words = [text.split() for text in self.texts]
        self.vocabulary = [word for words in self.words for word in words]

    def questions(self, count: int, seed: int) -> list[str]:
        """Return runs of words out of real chunks, as long as people's questions."""
        drawn = random.Random(seed)
        asked: list[str] = []
        while len(asked) < count:
            words = drawn.choice(self.words)
            length = drawn.randint(*_QUESTION_WORDS)
            if len(words) > length:
                start = drawn.randrange(len(words) - length)
                asked.append(" ".join(words[start : start + length]))
        return asked


def real_chunks(embedder: Embedder, work: Path) -> RealChunks:
    """Return chunks of every fourth page of two handbooks; their vectors are kept in `work`."""
    pages = sorted(path for name in _REAL for path in (data_folder() / name).rglob("*.md"))
    return RealChunks(pages[::4], embedder, work, _REAL_CHUNKS)


class SyntheticSource:
    """A source of documents of ten sections each, one chunk a section."""

    uri = "synthetic://chunks"
    kind = "synthetic"
    config: Mapping[str, Any] = {}

    def __init__(self, real: RealChunks, chunks: int) -> None:
        self._real = real
        self._documents = -(-chunks // _CHUNKS_A_DOCUMENT)

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield all documents, a hundred at once."""
        numbers = iter(range(self._documents))
        while some := list(islice(numbers, _LISTED_AT_ONCE)):
            listed = [
                Listed(
                    uri=f"{self.uri}/{number}", name=f"{number}.json", principals=_readers(number), stamp="1"
                )
                for number in some
            ]
            yield Listing(listed=listed, complete=some[-1] == self._documents - 1)

    def fetch(self, listed: Listed) -> bytes:
        """Return the texts of a document's sections as JSON."""
        drawn = random.Random(listed.name)
        return json.dumps([self._text(drawn) for _ in range(_CHUNKS_A_DOCUMENT)]).encode()

    def close(self) -> None:
        """Return at once: the source has no connection."""

    def _text(self, drawn: random.Random) -> str:
        own = drawn.choice(self._real.words)
        pools = own, self._real.vocabulary
        count = max(_LEAST_WORDS, len(drawn.choice(self._real.words)))
        return " ".join(drawn.choice(pools[number % 2]) for number in range(count))


class TurnedVectors:
    """An embedder that makes up the vectors of passages and computes those of questions."""

    def __init__(self, embedder: Embedder, real: RealChunks) -> None:
        self._embedder = embedder
        self._real = real.vectors
        self.model_id = f"{embedder.model_id} turned"
        self.dimension = embedder.dimension
        self.tokenizer = embedder.tokenizer
        self.forward_seconds = 0.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a real chunk's vector for each text, turned by noise."""
        sums = [zlib.crc32(text.encode()) for text in texts]
        noise = np.stack([np.random.default_rng(value).standard_normal(self.dimension) for value in sums])
        noise *= _NOISE / np.sqrt(self.dimension)
        rows = self._real[[value % len(self._real) for value in sums]] + noise.astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def embed_question(self, question: str, emphasis: Emphasis) -> Vectors:
        """Return the question's vector."""
        return self._embedder.embed_question(question, emphasis)


def parse_sections(content: bytes, name: str) -> ParsedDocument:
    """Return the document that `SyntheticSource.fetch` gave: a heading in front of each section."""
    text, blocks = "", []
    for number, section in enumerate(json.loads(content), start=1):
        for kind, piece in ((BlockKind.HEADING, f"Section {number}"), (BlockKind.PARAGRAPH, section)):
            blocks.append(Block(kind=kind, start=len(text), end=len(text) + len(piece), level=1))
            text += f"{piece}\n"
    return ParsedDocument(title=name, text=text, blocks=tuple(blocks))


def _readers(number: int) -> frozenset[str]:
    return frozenset(group for group, each in SHARES.values() if number % each == 0)


def _chunks(path: Path, embedder: Embedder) -> Iterator[str]:
    try:
        document = parse(path.read_bytes(), path.name, _MOST_BYTES)
    except ParseError:
        return
    for one in chunk(document, embedder.tokenizer, 200):
        if len(one.text.split()) >= _LEAST_WORDS:
            yield one.text
