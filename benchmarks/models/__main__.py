"""Embedders beside each other: nDCG@10 on the public sets, alone, with BM25 and two together.

    python -m benchmarks.models WORK_DIR minilm FOLDER [FOLDER ...] [--part train] [--sets esp-en arduino]

FOLDER is what `vade model add` or `vade model pull` wrote. Every model embeds the same chunks, of 200 of
MiniLM's tokens, which are kept with their vectors in WORK_DIR. A set is cut to `--documents` documents,
among them all that a question is judged by. Speed and memory are measured at the end: all models embed the
same chunks in turn, and a process of its own tells what each takes. The figures are written to
`benchmarks/results/models.json`, the table is printed.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.circumstances import circumstances
from benchmarks.models.search import SetSearch, read_figures
from benchmarks.set_folders import PARTS
from core.settings import LlmSettings
from llm.embedding.embedder import Embedder
from llm.embedding.folder import embedder_folder
from llm.embedding.opening import open_embedder

RESULTS = Path(__file__).parents[1] / "results" / "models.json"
PACKAGES = ("vademecum", "torch", "transformers")
SETS = ("runbooks", "esp-en", "esp-zh", "esp-zh-en", "arduino", "d365", "scifact")
_ROUNDS = 3
_CHUNKS = 128
_PEAK = """\
import sys
from core.settings import LlmSettings
from llm.embedding.opening import open_embedder
open_embedder(LlmSettings(embedder=sys.argv[1])).embed(["How often must the boiler be serviced? " * 20] * 64)
lines = open("/proc/self/status").read().splitlines()
print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def main() -> None:
    """Measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(description="Measure embedders side by side.")
    parser.add_argument("work", type=Path)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--no-speed", action="store_true")
    asked = parser.parse_args()
    embedders = {Path(name).name: open_embedder(LlmSettings(embedder=name)) for name in asked.models}
    first = next(iter(embedders.values()))
    searches = [
        SetSearch(asked.work / name, asked.part, first.tokenizer, asked.documents) for name in asked.sets
    ]
    found = {search.folder.name: quality(search, embedders) for search in searches}
    figures = read_figures(RESULTS)
    earlier = figures.get(asked.part, {})
    figures |= {**circumstances(PACKAGES), "documents": asked.documents, asked.part: earlier | found}
    if not asked.no_speed:
        figures["models"] = costs(asked.models, embedders, [text for _, text in searches[0].chunks][:_CHUNKS])
        print(json.dumps(figures["models"], indent=1))
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def quality(search: SetSearch, embedders: dict[str, Embedder]) -> dict[str, float]:
    """Return nDCG@10 of each leg alone, each embedder with BM25, and pairs of embedders with BM25."""
    meaning = {name: search.meaning(embedder) for name, embedder in embedders.items()}
    found = {"BM25": search.ndcg([(1.0, search.words)])}
    for name, leg in meaning.items():
        found[name] = search.ndcg([(1.0, leg)])
        for weight in (0.5, 0.7):
            found[f"{name} {weight}"] = search.ndcg([(1 - weight, search.words), (weight, leg)])
    for one, other in combinations(meaning, 2):
        legs = [(0.5, search.words), (0.25, meaning[one]), (0.25, meaning[other])]
        found[f"{one} + {other}"] = search.ndcg(legs)
    found = {name: round(value, 3) for name, value in found.items()}
    print(
        f"{search.folder.name}, {len(search.queries)} questions, {len(search.chunks)} chunks: {found}",
        flush=True,
    )
    return found


def costs(names: Sequence[str], embedders: dict[str, Embedder], texts: Sequence[str]) -> dict[str, Any]:
    """Return chunks a second (the best of some rounds), peak memory and hash of each model."""
    rates: dict[str, float] = dict.fromkeys(embedders, 0.0)
    for _ in range(_ROUNDS):
        for name, embedder in embedders.items():
            started = time.perf_counter()
            embedder.embed(texts)
            rates[name] = max(rates[name], len(texts) / (time.perf_counter() - started))
    return {
        Path(name).name: {
            "chunks_per_second": round(rates[Path(name).name], 1),
            "peak_mb": _peak_mb(name),
            "sha256": _sha256(name),
        }
        for name in names
    }


def _sha256(name: str) -> str:
    weights = embedder_folder(name).path / "model.safetensors"
    return hashlib.sha256(weights.read_bytes()).hexdigest()


def _peak_mb(name: str) -> int:
    done = subprocess.run([sys.executable, "-c", _PEAK, name], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) // 1024


if __name__ == "__main__":
    main()
