"""Speed of hybrid search in many chunks, beside other systems with the same chunks and vectors.

    make bench-retrieval ARGS="WORK_DIR --peers PYTHON"
    python -m benchmarks.retrieval WORK_DIR [--chunks 100000] [--questions 200] [--peers PYTHON] [--out NAME]

Chunks are synthetic (`retrieval_corpus.py`) and are committed, followed and saved as in the product;
WORK_DIR keeps them for the next run. A question passes all stages: analysis, embedding, both indexes under
the asker's scope, fusion and the re-check in the database. Other systems run one after the other under
PYTHON, in which they are installed; they hold all chunks in memory and do not filter by permission. The
table is printed, and the figures are written to `benchmarks/results/NAME.json` and `.md`; NAME is
`retrieval` by default.
"""

import argparse
import json
import subprocess
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from api.app import App, build
from benchmarks.circumstances import circumstances, model_folder
from benchmarks.peers.protocol import FOUND, read_chunks, resident_mb, timed
from benchmarks.retrieval_corpus import (
    OTHER_GROUPS,
    SHARES,
    SyntheticSource,
    TurnedVectors,
    parse_sections,
    real_chunks,
)
from benchmarks.set_folders import write_lines
from core.settings import load_settings
from core.values.search import AccessScope
from llm.embedding.opening import open_embedder

Json = dict[str, Any]
RESULTS = Path(__file__).parent / "results"
PEERS = "bare", "langchain", "llamaindex", "haystack", "txtai"
PACKAGES = "vademecum", "torch", "transformers", "faiss-cpu", "tantivy", "sqlalchemy"
HEAD = """\
| system | chunks | allowed | p50 / p95, ms | computing, ms | questions/s | with 8 at once | MB | build, s |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Build, search, and write the table."""
    parser = argparse.ArgumentParser(description="Measure the speed of searches.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--peers", help="a Python in which the other systems are installed")
    parser.add_argument("--out", default="retrieval", metavar="NAME", help="what the results are called")
    asked = parser.parse_args()
    folder = asked.work / str(asked.chunks)
    command = f"python -m benchmarks.retrieval WORK --chunks {asked.chunks} --questions {asked.questions}"
    command += " --peers PYTHON" if asked.peers else ""
    figures: Json = {**circumstances(PACKAGES), "command": command, "systems": {}}
    print(HEAD)
    for name in ("vademecum", *(PEERS if asked.peers else ())):
        found = ours(folder, asked) if name == "vademecum" else peer(name, folder, asked)
        figures["systems"][name] = found
        print("\n".join(rows(name, found)), flush=True)
        write(figures, RESULTS / asked.out)


def ours(folder: Path, asked: argparse.Namespace) -> Json:
    """Return the product's figures; leaves the chunks, their vectors and the questions in the folder."""
    settings = load_settings(folder / "data")
    embedder = open_embedder(settings.llm)
    real = real_chunks(embedder, folder.parent)
    questions = real.questions(asked.questions, seed=1)
    with closing(build(settings, TurnedVectors(embedder, real), parse_sections)) as app:
        found: Json = {"build_seconds": _built(app, folder, SyntheticSource(real, asked.chunks))}
        found["chunks"] = _exported(app, folder)
        write_lines(
            folder / "questions.jsonl",
            ({"_id": str(number), "text": question} for number, question in enumerate(questions)),
        )
        app.readiness.warm_up()
        found["scopes"] = {}
        for share, (group, _) in SHARES.items():
            search = partial(_search, app, AccessScope(OTHER_GROUPS | {group}))
            found["scopes"][share] = timed(search, questions)
        found["rss_mb"] = resident_mb()
    return found


def peer(name: str, folder: Path, asked: argparse.Namespace) -> Json:
    """Return the figures of another system, or the error that it ended with."""
    command = [asked.peers, "-m", f"benchmarks.peers.{name}", "search", "--model", model_folder()]
    command += ["--tokens", "200", "--out", str(folder), str(folder / "questions.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"skipped": done.stderr.strip().splitlines()[-1][:200] if done.stderr else "it ended"}
    return {"chunks": len(read_chunks(folder)), **json.loads(done.stdout.splitlines()[-1])}


def rows(name: str, found: Json) -> list[str]:
    """Return a system's rows of the table."""
    if "skipped" in found:
        return [f"| {name} | skipped: {found['skipped']} | | | | | | | |"]
    costs = f"{found['rss_mb']:.0f} | {found['build_seconds']:.0f}"
    return [
        f"| {name} | {found['chunks']:,} | {share} | {one['ms_p50']:.1f} / {one['ms_p95']:.1f} "
        f"| {one['computing_ms']:.1f} | {one['a_second']:.1f} | {one['a_second_8']:.1f} | {costs} |"
        for share, one in found["scopes"].items()
    ]


def write(figures: Json, out: Path) -> None:
    """Write the figures so far: if a system takes the machine down, those of the others are kept."""
    compare(figures)
    table = [HEAD, *(row for name, found in figures["systems"].items() for row in rows(name, found))]
    out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    out.with_suffix(".md").write_text("\n".join(table) + "\n", "utf-8")


def compare(figures: Json) -> None:
    """Add to the figures how much faster the product is than the others, by the median question."""
    systems = figures["systems"]
    medians = {
        name: found["scopes"]["100 %"]["ms_p50"] for name, found in systems.items() if "scopes" in found
    }
    own, bare = medians.pop("vademecum"), medians.pop("bare", None)
    if bare:
        figures["over_bare"] = round(own / bare, 2)
    if medians:
        figures["best_peer_over_own"] = round(min(medians.values()) / own, 2)


def _search(app: App, scope: AccessScope, question: str) -> object:
    return app.searcher.search(question, scope, FOUND).passages


def _built(app: App, folder: Path, source: SyntheticSource) -> float:
    """Ingest the chunks, if they are not there yet; return the seconds that it took, or had taken."""
    kept = folder / "built.json"
    if not kept.exists():
        started = time.perf_counter()
        app.ingestion.ingest(source)
        kept.write_text(json.dumps(round(time.perf_counter() - started, 1)), "utf-8")
    return float(json.loads(kept.read_text("utf-8")))


def _exported(app: App, folder: Path) -> int:
    """Write chunks and vectors for the other systems, if they are not there yet; return how many."""
    statement = (
        "SELECT chunk.context || char(10) || chunk.text, embedding.vector FROM chunk "
        "JOIN embedding ON embedding.chunk_id = chunk.id ORDER BY chunk.id"
    )
    if not (folder / "vectors.npy").exists():
        with app.database.reading() as session, (folder / "chunks.jsonl").open("w", encoding="utf-8") as file:
            vectors = []
            for chunk, vector in session.execute(text(statement)):
                file.write(json.dumps(chunk, ensure_ascii=False) + "\n")
                vectors.append(np.frombuffer(vector, "<f4"))
            np.save(folder / "vectors.npy", np.stack(vectors))
    return len(np.load(folder / "vectors.npy", mmap_mode="r"))


if __name__ == "__main__":
    main()
