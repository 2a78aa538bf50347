"""The folder layouts that `vade eval` reads, and the folder of the public sets.

A search set is a folder in BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/{train,test}.tsv`.
An answer set is `documents/`, one file a document, and `{train,test}.jsonl`, one question a line.
`train` is for choosing, `test` is for reporting.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PARTS = ("train", "test")


def data_folder() -> Path:
    """Return the folder of the public sets."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("VADE_DATA") or beside)


def write_search_set(
    out: Path, corpus: Iterable[Json], queries: Sequence[tuple[str, str, tuple[str, ...]]]
) -> None:
    """Write a search set; a query is its id, its text and its relevant documents.

    Every second query belongs to `test`: by position, so that a part never changes.
    """
    write_lines(out / "corpus.jsonl", corpus)
    write_lines(out / "queries.jsonl", ({"_id": key, "text": text} for key, text, _ in queries))
    for number, part in enumerate(PARTS):
        pairs = [(key, document) for key, _, documents in queries[number::2] for document in documents]
        write_judgements(out / "qrels" / f"{part}.tsv", pairs)


def write_answer_set(
    out: Path, documents: Iterable[tuple[str, str]], questions: dict[str, list[Json]]
) -> None:
    """Write an answer set; a document is its file name and its text."""
    (out / "documents").mkdir(parents=True, exist_ok=True)
    for name, text in documents:
        (out / "documents" / name).write_text(text, "utf-8")
    for part, rows in questions.items():
        write_lines(out / f"{part}.jsonl", rows)


def write_lines(path: Path, lines: Iterable[Json]) -> None:
    """Write JSON objects, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def write_judgements(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write `(query, document)` pairs as judgements of relevance 1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{query}\t{document}\t1\n" for query, document in pairs)
    path.write_text(f"query-id\tcorpus-id\tscore\n{rows}", "utf-8")


def read_lines(path: Path) -> Iterator[Json]:
    """Yield the JSON objects of a file, one a line."""
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)
