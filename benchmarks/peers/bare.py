"""bm25s and FAISS called bare: the least cost of a search, without files, permissions or a database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import faiss
import numpy as np
import Stemmer
from sentence_transformers import SentenceTransformer

from benchmarks.peers.protocol import CANDIDATES, Given, main


class Bare:
    """Two indexes in memory and a sum of their scores."""

    packages = "bm25s", "faiss-cpu", "sentence-transformers"

    def __init__(self, given: Given) -> None:
        self._model = SentenceTransformer(str(given.model), device="cpu")
        self._stemmer = Stemmer.Stemmer("english")

    def ingest(self, folders: Sequence[Path], out: Path) -> int:
        """Refuse: it reads no files."""
        raise NotImplementedError("bm25s and FAISS read no files")

    def open(self, out: Path) -> None:
        """Raise an error: these indexes are not saved."""
        raise NotImplementedError("bm25s and FAISS read no files")

    def hold(self, texts: Sequence[str], vectors: Any) -> None:
        """Take chunks with their vectors."""
        self._words = bm25s.BM25()
        self._words.index(self._tokens(list(texts)), show_progress=False)
        self._meaning = faiss.IndexFlatIP(vectors.shape[1])
        self._meaning.add(vectors)

    def find(self, question: str, limit: int) -> list[str]:
        """Return the numbers of the best chunks by the sum of both scores, each stretched to 0..1."""
        by_words, word_scores = self._words.retrieve(
            self._tokens([question]), k=CANDIDATES, show_progress=False, leave_progress=False
        )
        vector = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        likeness, by_meaning = self._meaning.search(vector, CANDIDATES)
        sums: dict[int, float] = {}
        for ids, scores in ((by_words[0], word_scores[0]), (by_meaning[0], likeness[0])):
            share = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-9)
            for number, score in zip(ids.tolist(), share.tolist(), strict=True):
                sums[number] = sums.get(number, 0.0) + score
        return [str(number) for number in sorted(sums, key=sums.__getitem__, reverse=True)[:limit]]

    def _tokens(self, texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)


if __name__ == "__main__":
    main(Bare)
