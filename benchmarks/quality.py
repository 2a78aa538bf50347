"""Search quality on the public sets: a table of words alone, vectors alone, and both, as in the product.

    make bench-quality ARGS=WORK_DIR        # every search set, reported parts
    python -m benchmarks.quality WORK_DIR --part train scifact esp-en

Sets are written to WORK_DIR and ingested there once; later runs only search. The table is printed as
Markdown, the figures are written as JSON to `benchmarks/results/quality.json`.
"""

import argparse
import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from api.cli.evaluation_table import figures_json
from api.cli.measurement import measure_search
from api.cli.terminal import Terminal
from benchmarks.datasets import SEARCH_SETS
from benchmarks.set_folders import PARTS
from core.settings import Settings, load_settings

RESULTS = Path(__file__).parent / "results" / "quality.json"
PACKAGES = ("vademecum", "torch", "transformers", "faiss-cpu", "tantivy")
HEAD = """\
| set | questions | words | meaning | both | 95 % | hit@1 | recall@100 | p50 / p95, ms |
|---|---|---|---|---|---|---|---|---|"""
# What is measured: the dense leg's weight. None is the setting in force.
WAYS: dict[str, float | None] = {"words": 0.0, "meaning": 1.0, "both": None}


def main() -> None:
    """Measure the sets and print the table."""
    parser = argparse.ArgumentParser(description="Measure search quality on the public sets.")
    parser.add_argument("work", type=Path)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SEARCH_SETS)}; default: all")
    parser.add_argument("--part", choices=PARTS, default="test")
    arguments = parser.parse_args()
    settings = load_settings(arguments.work / "data")
    print(HEAD, flush=True)
    figures = {}
    for name in arguments.sets or SEARCH_SETS:
        figures[name] = measured(settings, arguments.work / name, name, arguments.part)
        print(row(name, figures[name]), flush=True)
    if arguments.part == "test" and not arguments.sets:
        RESULTS.write_text(json.dumps({**circumstances(), "sets": figures}, indent=1) + "\n", "utf-8")


def measured(settings: Settings, folder: Path, name: str, part: str) -> dict[str, Any]:
    """Return the figures of each way on one set."""
    if not (folder / "corpus.jsonl").exists():
        SEARCH_SETS[name](folder)
    found = {}
    for way, weight in WAYS.items():
        changes = {} if weight is None else {"dense_weight": weight}
        retrieval = settings.retrieval.model_copy(update=changes)
        changed = settings.model_copy(update={"retrieval": retrieval})
        found[way] = figures_json(measure_search(changed, folder, part, Terminal(as_json=False).progress))
    return found


def row(name: str, ways: dict[str, Any]) -> str:
    """Return a set's row: nDCG@10 of each way, and of the last also its interval, hit@1 and times."""
    final = ways["both"]
    low, high = final["intervals"]["ndcg@10"]
    scores = " | ".join(f"{ways[way]['ndcg@10']:.3f}" for way in WAYS)
    times = f"{final['ms_p50']:.0f} / {final['ms_p95']:.0f}"
    return (
        f"| {name} | {final['questions']} | {scores} | {low:.3f} to {high:.3f} | {final['hit@1']:.3f} "
        f"| {final['recall@100']:.3f} | {times} |"
    )


def circumstances() -> dict[str, Any]:
    """Return the circumstances of the figures."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
    }


if __name__ == "__main__":
    main()
