"""A plain hybrid search over a public set: BM25 and any number of embedders, without the product's own rules.

A document's score is that of its best chunk. The scores of a leg are brought to 0..1 over its best 100
documents, and legs are added by weight.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import SEARCH_SETS
from benchmarks.models.bm25 import Bm25
from benchmarks.set_folders import read_lines, write_lines
from core.text.language import terms
from ingest.chunker import chunk
from ingest.connectors.beir import read_judgements, read_queries
from ingest.parsers.formats import parse
from llm.embedding.embedder import Embedder
from llm.embedding.tokens import TextTokenizer
from retrieval.judge.evaluation import ndcg

Scores = dict[str, float]

CHUNK_TOKENS = 200
_DOCUMENTS = 100
_MOST_BYTES = 2**20


class SetSearch:
    """A public set in a folder: its chunks, the judged queries of a part, and each leg's scores."""

    def __init__(self, folder: Path, part: str, tokenizer: TextTokenizer, most: int) -> None:
        if not (folder / "corpus.jsonl").exists():
            SEARCH_SETS[folder.name](folder)
        self.folder = folder
        self.judgements = read_judgements(folder, part)
        self.queries = {key: text for key, text in read_queries(folder).items() if key in self.judgements}
        self.chunks = _chunks(folder, tokenizer, most)

    @cached_property
    def words(self) -> dict[str, Scores]:
        """The scores of BM25 for each query."""
        documents: dict[str, list[str]] = {}
        for document, text in self.chunks:
            documents.setdefault(document, []).extend(terms(text))
        index = Bm25(documents)
        return {key: _normal(index.scores(terms(text))) for key, text in self.queries.items()}

    def meaning(self, embedder: Embedder) -> dict[str, Scores]:
        """Return the scores of an embedder for each query; the chunks' vectors are kept in the folder."""
        vectors = self._vectors(embedder)
        owners = [document for document, _ in self.chunks]
        return {key: _normal(_best(vectors @ embedder.embed_question(text, ()), owners))
                for key, text in self.queries.items()}  # fmt: skip

    def ndcg(self, legs: Sequence[tuple[float, Mapping[str, Scores]]]) -> float:
        """Return the mean nDCG@10 of weighted legs."""
        return mean(ndcg(_ranking(legs, key), self.judgements[key], 10) for key in self.queries)

    def fused(self, legs: Sequence[tuple[float, Mapping[str, Scores]]], query: str) -> Scores:
        """Return the sums of weighted legs for a query."""
        return _sums(legs, query)

    def best_sections(self, embedder: Embedder, query: str, documents: Sequence[str]) -> list[str]:
        """Return the chunk of each document that is most like the query, with those beside it."""
        likeness = self._vectors(embedder) @ embedder.embed_question(self.queries[query], ())
        best: dict[str, tuple[float, int]] = {}
        for place, value in enumerate(likeness.tolist()):
            document = self.chunks[place][0]
            best[document] = max(best.get(document, (-2.0, 0)), (value, -place))
        return [self._around(-best[document][1]) for document in documents]

    def _around(self, place: int) -> str:
        owner = self.chunks[place][0]
        beside = self.chunks[max(0, place - 1) : place + 2]
        return "\n".join(text for document, text in beside if document == owner)

    def _vectors(self, embedder: Embedder) -> NDArray[np.float32]:
        kept = self.folder / f"{embedder.model_id}-{len(self.chunks)}.npy"
        if not kept.exists():
            np.save(kept, embedder.embed([text for _, text in self.chunks]))
        vectors: NDArray[np.float32] = np.load(kept)
        return vectors


def _chunks(folder: Path, tokenizer: TextTokenizer, most: int) -> list[tuple[str, str]]:
    """Return the document and the text of each chunk, as the product embeds it."""
    kept = folder / f"chunks-{most}.jsonl"
    if not kept.exists():
        found = [
            {"document": str(line["_id"]), "text": one.indexed_text}
            for line in _documents(folder, most)
            for one in chunk(
                parse(f"# {line['title']}\n\n{line['text']}".encode(), "page.md", _MOST_BYTES), tokenizer,
                CHUNK_TOKENS,
            )
        ]  # fmt: skip
        write_lines(kept, found)
    return [(line["document"], line["text"]) for line in read_lines(kept)]


def _documents(folder: Path, most: int) -> list[dict[str, str]]:
    """Return all documents that a query of any part is judged by, and others up to `most` in all."""
    lines = [line for line in read_lines(folder / "corpus.jsonl") if line["text"].strip()]
    judged = {
        document
        for part in (folder / "qrels").glob("*.tsv")
        for relevant in read_judgements(folder, part.stem).values()
        for document in relevant
    }
    lines.sort(key=lambda line: str(line["_id"]) not in judged)
    return lines[: max(most, len(judged))]


def _normal(scores: Scores) -> Scores:
    best = sorted(scores.items(), key=lambda item: -item[1])[:_DOCUMENTS]
    if not best:
        return {}
    least = best[-1][1] if len(best) == _DOCUMENTS else min(0.0, best[-1][1])
    spread = (best[0][1] - least) or 1.0
    return {document: (score - least) / spread for document, score in best}


def _best(likeness: NDArray[np.float32], owners: Sequence[str]) -> Scores:
    scores: Scores = {}
    for document, value in zip(owners, likeness.tolist(), strict=True):
        scores[document] = max(scores.get(document, -1.0), value)
    return scores


def _ranking(legs: Sequence[tuple[float, Mapping[str, Scores]]], query: str) -> list[str]:
    sums = _sums(legs, query)
    return sorted(sums, key=lambda document: (-sums[document], document))[:10]


def _sums(legs: Sequence[tuple[float, Mapping[str, Scores]]], query: str) -> Scores:
    sums: Scores = {}
    for weight, leg in legs:
        for document, score in leg[query].items():
            sums[document] = sums.get(document, 0.0) + weight * score
    return sums


def read_figures(path: Path) -> dict[str, Any]:
    """Return the figures that a file holds, or none yet."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found
