"""Speed of ingestion, beside other systems that read the same files with the same embedder.

    make bench-ingestion ARGS="WORK_DIR --peers PYTHON"
    python -m benchmarks.ingestion WORK_DIR [--every 6] [--growth 1000,5000,25000] [--peers PYTHON]

Each system is a process of its own, measured from its start until its index is durable and it has ended:
wall time, computing time, and the peak memory of the process with its children. Chunks have the same
number of tokens, without overlap. Then each system answers the same questions over a search set that it
ingested the same way, so that no speed is bought with quality. Growth is measured without the forward
pass, which is the same for every chunk: the remaining time must not grow faster than the chunks.
The table is printed, the figures are written to `benchmarks/results/ingest.json` and `.md`.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2

from api.app import build
from benchmarks.circumstances import circumstances, model_folder
from benchmarks.datasets import SEARCH_SETS
from benchmarks.ingestion.growth import growth
from benchmarks.ingestion.process import Spent, spent
from benchmarks.peers.protocol import FOUND, questions
from benchmarks.set_folders import data_folder
from core.permissions import PUBLIC
from core.settings import load_settings
from core.values.search import AccessScope
from ingest.connectors.beir import read_judgements
from retrieval.judge.evaluation import ndcg

Json = dict[str, Any]
RESULTS = Path(__file__).parents[1] / "results"
PEERS = "langchain", "llamaindex", "haystack", "txtai"
PACKAGES = "vademecum", "torch", "transformers", "pypdfium2", "faiss-cpu", "tantivy", "sqlalchemy"
CORPORA = "corpus_mixed_18f_handbook", "corpus_md_en_sourcegraph_handbook", "corpus_pdf_pdfplumber"
ENDINGS = frozenset({".md", ".html", ".docx", ".pdf"})
VADE = str(Path(sys.executable).with_name("vade"))
CHUNK_TOKENS = 200
# A set whose documents are short: hundreds of questions for little time.
QUALITY = "runbooks"
# Chunks looked at for a ranking of ten documents.
_CHUNKS = 50
HEAD = """\
| system | documents/s | pages/s | chunks/s | chunks | seconds | computing, s | RSS, MB | nDCG@10 |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Measure all systems, then growth, and write the table."""
    parser = argparse.ArgumentParser(description="Measure the speed of ingestion.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--every", type=int, default=6, help="takes every n-th file of the corpora")
    parser.add_argument("--growth", default="1000,5000,25000", help="numbers of chunks; empty for none")
    parser.add_argument("--peers", help="a Python in which the other systems are installed")
    asked = parser.parse_args()
    folder = files(asked.work / f"every-{asked.every}", asked.every)
    corpus = quality_set(asked.work)
    command = f"python -m benchmarks.ingestion WORK --every {asked.every} --growth '{asked.growth}'"
    figures: Json = {**circumstances(PACKAGES), "command": f"{command} --peers PYTHON"}
    figures.update(documents=len(list(folder.iterdir())), pages=pages(folder), systems={})
    print(HEAD)
    for name in ("vademecum", *(PEERS if asked.peers else ())):
        found = measured(name, folder, corpus, asked)
        figures["systems"][name] = found
        print(row(name, found, figures), flush=True)
    speeds = {name: found["seconds"] for name, found in figures["systems"].items() if "seconds" in found}
    own = speeds.pop("vademecum")
    if speeds:
        figures["over_best_peer"] = round(min(speeds.values()) / own, 2)
    figures["growth"] = growth(asked.work, [int(size) for size in asked.growth.split(",") if size])
    write(figures)


def files(folder: Path, every: int) -> Path:
    """Copy every n-th file of the corpora into one folder, under distinct names."""
    if not folder.exists():
        folder.mkdir(parents=True)
        for name in CORPORA:
            found = sorted(path for path in (data_folder() / name).rglob("*") if path.suffix in ENDINGS)
            for number, path in enumerate(found[::every]):
                shutil.copyfile(path, folder / f"{name.split('_')[1]}-{number:03}-{path.name}")
    return folder


def pages(folder: Path) -> int:
    """Return the pages of all files; a file without pages counts as one."""
    count = 0
    for path in folder.iterdir():
        if path.suffix == ".pdf":
            with closing(pypdfium2.PdfDocument(path)) as document:
                count += len(document)
        else:
            count += 1
    return count


def quality_set(work: Path) -> Path:
    """Write a search set, with its documents also as files; return its folder."""
    folder = work / QUALITY
    if not (folder / "files").exists():
        SEARCH_SETS[QUALITY](folder)
        (folder / "files").mkdir()
        for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines():
            document = json.loads(line)
            head = f"# {document['title']}\n\n" if document.get("title") else ""
            (folder / "files" / f"{document['_id']}.md").write_text(head + document["text"], "utf-8")
    return folder


def measured(name: str, folder: Path, corpus: Path, asked: argparse.Namespace) -> Json:
    """Return a system's figures, or the error that it ended with."""
    out, small = asked.work / "out" / name, asked.work / "out" / f"{name}-{QUALITY}"
    for path in (out, small):
        shutil.rmtree(path, ignore_errors=True)
    if name == "vademecum":
        took = spent([VADE, "--data-dir", str(out), "ingest", "--public", "--json", str(folder)], (0, 1))
        spent([VADE, "--data-dir", str(small), "ingest", "--public", "--json", str(corpus / "files")], (0,))
        answers = own_answers(small, corpus)
    else:
        took = spent(_peer(asked.peers, name, "ingest", out, folder))
        spent(_peer(asked.peers, name, "ingest", small, corpus / "files"))
        asking = spent(_peer(asked.peers, name, "ask", small, corpus / "queries.jsonl"))
        answers = asking.printed.get("found", {})
    return {**figures_of(took), "ndcg": quality(answers, corpus)} if took.printed else {"skipped": took.error}


def figures_of(took: Spent) -> Json:
    """Return the cost and the output of a process, as JSON."""
    said = took.printed
    more: Json = {key: said[key] for key in ("versions", "failed", "embedder_forward_share") if key in said}
    return {
        "chunks": said["chunks"],
        "seconds": round(took.seconds, 1),
        "computing_seconds": round(took.computing_seconds, 1),
        "peak_rss_mb": round(took.peak_rss_mb),
        **more,
    }


def own_answers(data: Path, corpus: Path) -> dict[str, list[str]]:
    """Return the names of the files that the product finds for each question."""
    scope = AccessScope(frozenset({PUBLIC}))
    found = {}
    with closing(build(load_settings(data))) as app:
        for key, question in questions(corpus / "queries.jsonl"):
            passages = app.searcher.search(question, scope, _CHUNKS).passages
            names = dict.fromkeys(passage.uri.rpartition("/")[-1] for passage in passages)
            found[key] = list(names)[:FOUND]
    return found


def quality(answers: dict[str, list[str]], corpus: Path) -> float:
    """Return nDCG@10 on the reported part."""
    judged = read_judgements(corpus, "test")
    rankings = {key: [name.removesuffix(".md") for name in names] for key, names in answers.items()}
    return round(float(np.mean([ndcg(rankings.get(key, ()), judged[key], 10) for key in judged])), 4)


def row(name: str, found: Json, figures: Json) -> str:
    """Return a system's row of the table."""
    if "skipped" in found:
        return f"| {name} | skipped: {found['skipped']} | | | | | | | |"
    speeds = [figures["documents"], figures["pages"], found["chunks"]]
    each = " | ".join(f"{count / found['seconds']:.2f}" for count in speeds)
    times = f"{found['seconds']:.0f} | {found['computing_seconds']:.0f}"
    return (
        f"| {name} | {each} | {found['chunks']:,} | {times} "
        f"| {found['peak_rss_mb']:,} | {found['ndcg']:.3f} |"
    )


def write(figures: Json) -> None:
    """Write the figures and the table."""
    table = [HEAD, *(row(name, found, figures) for name, found in figures["systems"].items())]
    sizes = [
        f"{one['chunks']:,} chunks in {one['seconds']:.0f} s" for one in figures["growth"].get("sizes", [])
    ]
    if sizes:
        table += ["", f"Growth: {', '.join(sizes)}; exponent {figures['growth']['exponent']:.2f}."]
        print("\n".join(table[-1:]))
    (RESULTS / "ingest.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (RESULTS / "ingest.md").write_text("\n".join(table) + "\n", "utf-8")


def _peer(python: str, name: str, task: str, out: Path, given: Path) -> Sequence[str]:
    fixed = ["--model", model_folder(), "--tokens", str(CHUNK_TOKENS), "--out", str(out)]
    return [python, "-m", f"benchmarks.peers.{name}", task, *fixed, str(given)]
