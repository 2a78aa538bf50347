"""Speed of the engine on a GPU, beside the limit of its memory and beside other ways.

    python -m benchmarks.gpu [PHASE …] [--shape NAME] [--layers N] [--tiny] [--out FILE.json]

Each phase is meant to end within ten minutes; without a name, all phases run. Weights are random in the
true shapes of published models. The limit of a step is the time to read, at the measured speed of a copy,
all common weights once, those of the experts that the batch is expected to choose, and every sequence's
keys and values; computing is counted as free. `--tiny` shows on any machine that the phases run; its
figures are meaningless.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.bench import Bench, Figure, environment
from benchmarks.gpu.decoding import decode, growth, int8
from benchmarks.gpu.host import host, packing
from benchmarks.gpu.parts import dense, encoders, kernels
from benchmarks.gpu.profile import profile_step
from benchmarks.gpu.shapes import TINY, TINY_SHAPES, TRUE_SHAPES, Extent
from benchmarks.gpu.workloads import guided, peers, prefix, rag

PHASES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "kernels": kernels, "decode": decode, "growth": growth, "int8": int8, "prefix": prefix, "rag": rag,
    "guided": guided, "peers": peers, "host": host, "packing": packing, "encoders": encoders, "dense": dense,
    "profile": profile_step,
}  # fmt: skip


def run(bench: Bench, names: Many[str]) -> dict[str, Any]:
    """Return each phase's figures and seconds, printing them as they come."""
    phases = {}
    for name in names:
        start, figures = time.perf_counter(), []
        print(f"\n## {name}\n\n{_HEAD}", flush=True)
        for figure in PHASES[name](bench):
            figures.append(figure)
            print(row(figure), flush=True)
        phases[name] = {
            "seconds": round(time.perf_counter() - start, 1),
            "figures": [_plain(figure) for figure in figures],
        }
    return phases


_HEAD = "| what | figure | floor | aim | reached | |\n|---|---|---|---|---|---|"


def row(figure: Figure) -> str:
    """Return a figure as a line of a Markdown table."""
    bars = [
        "" if bar is None else f"{'<=' if figure.at_most else '>='} {bar:g}"
        for bar in (figure.floor, figure.aim)
    ]
    value = "not measured" if math.isnan(figure.value) else f"{figure.value:.4g} {figure.unit}".strip()
    return f"| {figure.what} | {value} | {bars[0]} | {bars[1]} | {figure.verdict} | {figure.note} |"


def _plain(figure: Figure) -> dict[str, Any]:
    """Return a figure for JSON, with None for numbers that are not finite."""
    value = figure.value if math.isfinite(figure.value) else None
    return asdict(figure) | {"value": value, "reached": figure.verdict}


def _driver() -> str:
    try:
        command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main() -> int:
    """Measure, print tables, and write the figures."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("phases", nargs="*", metavar="PHASE", help=", ".join(PHASES))
    arguments.add_argument("--shape", choices=sorted(TRUE_SHAPES), help="one instead of both")
    arguments.add_argument("--layers", type=int, default=0, help="fewer than the model has, for short memory")
    arguments.add_argument("--tiny", action="store_true")
    arguments.add_argument("--out", type=Path)
    wish = arguments.parse_args()
    unknown = set(wish.phases) - set(PHASES)
    if unknown:
        arguments.error(f"no phase is called {', '.join(sorted(unknown))}; there are {', '.join(PHASES)}")
    if not (torch.cuda.is_available() or wish.tiny or set(wish.phases) == {"packing"}):
        print("benchmarks.gpu needs a GPU that torch can use; there is none here", file=sys.stderr)
        return 2
    shapes = TINY_SHAPES if wish.tiny else TRUE_SHAPES
    chosen = {name: config for name, config in shapes.items() if wish.shape in (None, name)}
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    bench = Bench(device, TINY if wish.tiny else Extent(), chosen, wish.layers)
    report = environment(bench) | {
        "date": datetime.now(UTC).date().isoformat(), "driver": _driver(), "layers": wish.layers or "all",
        "phases": run(bench, wish.phases or list(PHASES)),
    }  # fmt: skip
    if wish.out:
        wish.out.write_text(json.dumps(report, indent=1, allow_nan=False))
    return 0
