"""Turns public sets into the folders and files that `vade eval` and `vade ask --questions` read.

    python -m benchmarks.datasets scifact OUT

The sets lie under `VADE_DATA`, by default `../shared/data` beside the project. Every set that
something is tuned on is parted: `train` is for choosing, `test` is for reporting. SciFact is parted
by its authors; the others by the parity of their position in the file, so a part never changes.
"""

import argparse
import ast
import csv
import io
import json
import os
import sys
import tokenize
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PARTS = ("train", "test")


def data_folder() -> Path:
    """Return where the public sets lie."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("VADE_DATA") or beside)


def scifact(out: Path) -> None:
    """Claims to abstracts; `test` is the BEIR test set, which is the authors' validation claims."""
    csv.field_size_limit(sys.maxsize)
    with zipfile.ZipFile(data_folder() / "retrieval_scifact" / "data" / "scifact.zip") as archive:
        corpus = [
            {"_id": row["doc_id"], "title": row["title"], "text": " ".join(_strings(row["abstract"]))}
            for row in _table(archive, "corpus_train.csv")
        ]
        claims = {
            "train": list(_table(archive, "claims_train.csv")),
            "test": list(_table(archive, "claims_validation.csv")),
        }
    write_lines(out / "corpus.jsonl", corpus)
    queries = {row["id"]: row["claim"] for rows in claims.values() for row in rows}
    write_lines(out / "queries.jsonl", ({"_id": key, "text": text} for key, text in queries.items()))
    for part, rows in claims.items():
        pairs = {(row["id"], document) for row in rows for document in _ids(row["cited_doc_ids"])}
        write_judgements(out / "qrels" / f"{part}.tsv", sorted(pairs))


def dji(out: Path) -> None:
    """Fault codes to their texts: the English text is the document, its bare code the query."""
    path = next((data_folder() / "fault_dji_hms").rglob("*.json"))
    codes = json.loads(path.read_text("utf-8"))
    texts = {code: entry["en"] for code, entry in codes.items() if "en" in entry}
    write_lines(
        out / "corpus.jsonl",
        ({"_id": code, "title": "", "text": f"{code}: {text}"} for code, text in texts.items()),
    )
    write_lines(out / "queries.jsonl", ({"_id": code, "text": f"What does {code} mean?"} for code in texts))
    for number, part in enumerate(PARTS):
        write_judgements(out / "qrels" / f"{part}.tsv", [(code, code) for code in list(texts)[number::2]])


def clapnq(out: Path) -> None:
    """Questions to one passage each, and as many that no passage answers, for answers and refusals.

    Passages become Markdown files in `documents/`; `{train,test}.jsonl` hold the questions.
    """
    folder = data_folder() / "qa_clapnq" / "annotated_data" / "dev"
    documents = out / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    questions: dict[str, list[Json]] = {part: [] for part in PARTS}
    for name, answerable in (("answerable", True), ("unanswerable", False)):
        for position, line in enumerate(read_lines(folder / f"clapnq_dev_{name}.jsonl")):
            passage = line["passages"][0]
            file = f"{line['id']}.md"
            (documents / file).write_text(f"# {passage['title']}\n\n{passage['text']}\n", "utf-8")
            chosen = (output.get("selected_sentences") or [] for output in line["output"])
            gold = {sentence for sentences in chosen for sentence in sentences}
            questions[PARTS[position % 2]].append(
                {
                    "id": line["id"],
                    "question": line["input"],
                    "answerable": answerable,
                    "sentences": sorted(gold),
                    "gold_documents": [file],
                }
            )
    for part, rows in questions.items():
        write_lines(out / f"{part}.jsonl", rows)


def cmrc(out: Path) -> None:
    """Chinese questions with the words that answer them, parted by paragraph."""
    folder = data_folder() / "zh_cmrc2018" / "squad-style-data"
    documents = out / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    questions: dict[str, list[Json]] = {part: [] for part in PARTS}
    articles = json.loads((folder / "cmrc2018_dev.json").read_text("utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    for position, paragraph in enumerate(paragraphs):
        file = f"{paragraph['id']}.md"
        (documents / file).write_text(paragraph["context"] + "\n", "utf-8")
        for entry in paragraph["qas"]:
            questions[PARTS[position % 2]].append(
                {
                    "id": entry["id"],
                    "question": entry["question"],
                    "answerable": True,
                    "answers": sorted({answer["text"] for answer in entry["answers"]}),
                    "gold_documents": [file],
                }
            )
    for part, rows in questions.items():
        write_lines(out / f"{part}.jsonl", rows)


SETS: dict[str, Callable[[Path], None]] = {"scifact": scifact, "dji": dji, "clapnq": clapnq, "cmrc": cmrc}


def read_lines(path: Path) -> Iterator[Json]:
    """Yield the JSON objects of a file, one a line."""
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


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


def _table(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, str]]:
    with archive.open(name) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8"))


def _strings(printed: str) -> list[str]:
    """Return the strings of a printed array, which stand side by side without commas."""
    tokens = tokenize.generate_tokens(io.StringIO(printed).readline)
    return [_literal(token.string) for token in tokens if token.type == tokenize.STRING]


def _literal(source: str) -> str:
    return str(ast.literal_eval(source))


def _ids(printed: str) -> list[str]:
    return printed.strip("[]").replace(",", " ").split()


def main() -> None:
    """Write one set."""
    parser = argparse.ArgumentParser(description="Write one set as an evaluation folder.")
    parser.add_argument("name", choices=sorted(SETS))
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    SETS[arguments.name](arguments.out)


if __name__ == "__main__":
    main()
