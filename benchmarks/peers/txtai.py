"""txtai: an `Embeddings` database with dense and sparse index, joined by txtai itself.

Its Textractor needs a Java server, so files are read without it: Markdown as it is, HTML and Word by
Beautiful Soup and python-docx, PDF by pypdf.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import docx
from bs4 import BeautifulSoup
from langchain_text_splitters import RecursiveCharacterTextSplitter
from pypdf import PdfReader
from transformers import AutoTokenizer
from txtai.embeddings import Embeddings

from benchmarks.peers.protocol import CANDIDATES, Given, files, main

ENDINGS = ".md", ".txt", ".html", ".docx", ".pdf"


class Txtai:
    """One hybrid index with its content."""

    packages = "txtai", "pypdf", "python-docx", "beautifulsoup4"

    def __init__(self, given: Given) -> None:
        self._given = given
        self._settings = {"path": str(given.model), "hybrid": True, "content": True, "gpu": False}
        self._embeddings = Embeddings(self._settings)
        self._lock = threading.Lock()

    def ingest(self, folders: Sequence[Path], out: Path) -> int:
        """Read, cut, embed and save all files."""
        splitter = RecursiveCharacterTextSplitter.from_huggingface_tokenizer(
            AutoTokenizer.from_pretrained(str(self._given.model)),
            chunk_size=self._given.tokens,
            chunk_overlap=0,
        )
        rows = [
            (f"{path.name}#{number}", text)
            for path, whole in _read(files(folders, *ENDINGS))
            for number, text in enumerate(splitter.split_text(whole))
        ]
        self._embeddings.index(rows)
        self._embeddings.save(str(out))
        return len(rows)

    def open(self, out: Path) -> None:
        """Open what `ingest` saved."""
        self._embeddings.load(str(out))

    def hold(self, texts: Sequence[str], vectors: Any) -> None:
        """Take chunks with their vectors: the model embeds the questions only."""
        plain = Embeddings({"path": str(self._given.model), "gpu": False})
        place = {text: number for number, text in enumerate(texts)}

        def transform(asked: Sequence[str]) -> Any:
            known = [place.get(text) for text in asked]
            if None not in known:
                return vectors[known]
            return plain.batchtransform(list(asked))

        self._embeddings = Embeddings(
            {"method": "external", "transform": transform, "hybrid": True, "content": True, "gpu": False}
        )
        self._embeddings.index((str(number), text) for number, text in enumerate(texts))

    def find(self, question: str, limit: int) -> list[str]:
        """Return the names of what was found, best first."""
        with self._lock:  # its SQLite cursor takes one question at a time
            found = self._embeddings.search(question, max(limit, CANDIDATES))[:limit]
        return [str(row["id"]).partition("#")[0] for row in found]


def _read(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        if path.suffix == ".pdf":
            yield path, "\n\n".join(page.extract_text() for page in PdfReader(path).pages)
        elif path.suffix == ".docx":
            yield path, "\n\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
        elif path.suffix == ".html":
            yield path, BeautifulSoup(path.read_text("utf-8"), "html.parser").get_text("\n")
        else:
            yield path, path.read_text("utf-8")


if __name__ == "__main__":
    main(Txtai)
