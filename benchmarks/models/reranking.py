"""A reranker over the best documents of a plain hybrid search, by how much its scores count.

    python -m benchmarks.models.reranking WORK_DIR RERANKER [--sets arduino esp-en] [--part train]

WORK_DIR is that of `benchmarks.models`. The reranker reads the best chunk of each of the 30 best documents
of BM25 and MiniLM at 0.5, with the chunks beside it; both scores are brought to 0..1 over the 30 and added
by weight. Prints nDCG@10 at each weight of the reranker, and the pairs it read in a second.
"""

import argparse
import time
from pathlib import Path
from statistics import mean

import numpy as np

from benchmarks.models.search import Scores, SetSearch
from benchmarks.set_folders import PARTS
from core.settings import LlmSettings
from llm.embedding.embedder import Embedder
from llm.embedding.opening import open_embedder
from llm.reranking.opening import open_reranker
from llm.reranking.reranker import Reranker
from retrieval.judge.evaluation import ndcg

WEIGHTS = (0.0, 0.15, 0.3, 0.5, 0.7, 1.0)
_DOCUMENTS = 30
# A score is a probability; beyond this it has no digits left to order by.
_LEAST = 1e-7


def main() -> None:
    """Measure and print a line for each set."""
    parser = argparse.ArgumentParser(description="Measure a reranker behind a plain hybrid search.")
    parser.add_argument("work", type=Path)
    parser.add_argument("reranker")
    parser.add_argument("--sets", nargs="*", default=("arduino", "esp-en"))
    parser.add_argument("--part", choices=PARTS, default="train")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--documents", type=int, default=2000)
    asked = parser.parse_args()
    embedder, reranker = open_embedder(LlmSettings()), open_reranker(LlmSettings(reranker=asked.reranker))
    if reranker is None:
        parser.error("name the folder of a reranker")
    for name in asked.sets:
        search = SetSearch(asked.work / name, asked.part, embedder.tokenizer, asked.documents)
        print(name, *measured(search, embedder, reranker, asked.questions), flush=True)


def measured(search: SetSearch, embedder: Embedder, reranker: Reranker, most: int) -> list[str]:
    """Return nDCG@10 at each weight over the first questions, and pairs a second."""
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    meaning, seconds, pairs = search.meaning(embedder), 0.0, 0
    for query in list(search.queries)[:most]:
        fused = search.fused([(0.5, search.words), (0.5, meaning)], query)
        best = dict(sorted(fused.items(), key=lambda item: -item[1])[:_DOCUMENTS])
        texts = search.best_sections(embedder, query, list(best))
        started = time.perf_counter()
        scores = np.clip(reranker.scores(search.queries[query], texts), _LEAST, 1 - _LEAST)
        seconds, pairs = seconds + time.perf_counter() - started, pairs + len(texts)
        read = dict(zip(best, np.log(scores / (1 - scores)).tolist(), strict=True))
        for weight in WEIGHTS:
            ranking = _blended(best, read, weight)
            found[weight].append(ndcg(ranking, search.judgements[query], 10))
    figures = [f"{weight}: {mean(values):.3f}" for weight, values in found.items()]
    return [*figures, f"{pairs / seconds:.0f} pairs/s"]


def _blended(fused: Scores, read: Scores, weight: float) -> list[str]:
    one, other = _spread(fused), _spread(read)
    return sorted(fused, key=lambda key: -((1 - weight) * one[key] + weight * other[key]))


def _spread(scores: Scores) -> Scores:
    least, most = min(scores.values()), max(scores.values())
    return {key: (value - least) / ((most - least) or 1.0) for key, value in scores.items()}


if __name__ == "__main__":
    main()
