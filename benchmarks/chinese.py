"""Chinese terms for BM25: character bigrams against a segmenter, on two public sets.

    python -m benchmarks.chinese            # needs `pip install jieba==0.42.1`, which the product does not

Prints nDCG@10 for each kind of terms: our bigrams, jieba's words, jieba's words for search (long words
also in parts), and bigrams and words together. BM25 has k1 1.2 and b 0.75, as in Tantivy.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import jieba

from benchmarks.models.bm25 import Bm25
from benchmarks.search_sets import esp_zh
from benchmarks.set_folders import data_folder, read_lines
from core.text.language import cjk_share, terms
from retrieval.judge.evaluation import ndcg

Cut = Callable[[str], list[str]]
Pairs = list[tuple[str, str]]
"""Queries, and for each the id of the one document that answers it."""


def cmrc() -> tuple[dict[str, str], Pairs]:
    """CMRC 2018 dev: question to paragraph."""
    path = data_folder() / "zh_cmrc2018" / "squad-style-data" / "cmrc2018_dev.json"
    articles = json.loads(path.read_text("utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    pairs = [(entry["question"], paragraph["id"]) for paragraph in paragraphs for entry in paragraph["qas"]]
    return {paragraph["id"]: paragraph["context"] for paragraph in paragraphs}, pairs


def esp_faq() -> tuple[dict[str, str], Pairs]:
    """ESP-FAQ in Chinese: question to answer, without the question in the searched text."""
    with TemporaryDirectory() as folder:
        esp_zh(Path(folder))
        documents = {line["_id"]: line["text"] for line in read_lines(Path(folder) / "corpus.jsonl")}
        pairs = [(line["text"], line["_id"]) for line in read_lines(Path(folder) / "queries.jsonl")]
    return documents, pairs


def _words(text: str, cut: Callable[[str], Iterable[str]]) -> list[str]:
    """Cut Chinese by `cut` and everything else as the product does."""
    found: list[str] = []
    for word in cut(text):
        if cjk_share(word):
            found.append(word)
        else:
            found.extend(terms(word))
    return found


def _is_long(word: str) -> bool:
    return len(word) > 2 and cjk_share(word) > 0


WAYS: dict[str, Cut] = {
    "bigrams": terms,
    "words": lambda text: _words(text, jieba.cut),
    "words for search": lambda text: _words(text, jieba.cut_for_search),
    "bigrams and words": lambda text: (
        terms(text) + [w for w in jieba.cut(text) if len(w) > 2 and cjk_share(w)]
    ),
}


def main() -> None:
    """Print the table."""
    print(f"{'set':10} {'queries':>8} " + " ".join(f"{name:>18}" for name in WAYS))
    for name, load in (("CMRC", cmrc), ("ESP-FAQ", esp_faq)):
        documents, pairs = load()
        figures = []
        for cut in WAYS.values():
            index = Bm25({key: cut(text) for key, text in documents.items()})
            figures.append(mean(ndcg(index.best(cut(query), 10), {key: 1}, 10) for query, key in pairs))
        print(f"{name:10} {len(pairs):8} " + " ".join(f"{figure:18.4f}" for figure in figures))


if __name__ == "__main__":
    main()
