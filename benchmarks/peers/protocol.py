"""The protocol of another system: one process for each call, JSON on its last line.

    PYTHON -m benchmarks.peers.NAME ingest --model DIR --tokens N --out DIR FOLDER…
    PYTHON -m benchmarks.peers.NAME ask    --model DIR --tokens N --out DIR QUESTIONS
    PYTHON -m benchmarks.peers.NAME search --model DIR --tokens N --out DIR QUESTIONS

`ingest` reads files with the system's own loaders and leaves a durable index in `out`; `ask` opens it and
names the files found for each question; `search` loads `out/chunks.jsonl` with `out/vectors.npy` and
measures. The network is not used: the embedder is the folder `model`.
"""

import argparse
import importlib.metadata
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Json = dict[str, Any]
Search = Callable[[str], object]

FOUND = 10
# What each leg of a hybrid search hands over, as in this project.
CANDIDATES = 100
_WARM_UP = 8
_AT_ONCE = 8
# A system that needs seconds for a question is measured with fewer questions.
_LONGEST_SECONDS = 60.0


class Peer(Protocol):
    """A system with its own recommended loaders, hybrid search and stores."""

    @property
    def packages(self) -> Sequence[str]:
        """The distributions that it is made of."""
        ...

    def ingest(self, folders: Sequence[Path], out: Path) -> int:
        """Read, cut, embed and save all files; return the number of chunks."""
        ...

    def open(self, out: Path) -> None:
        """Open what `ingest` saved."""
        ...

    def hold(self, texts: Sequence[str], vectors: Any) -> None:
        """Take chunks with their vectors, `(n, d)` float32, unit rows; chunk i is named `str(i)`."""
        ...

    def find(self, question: str, limit: int) -> list[str]:
        """Return the names of the files or chunks found, best first, a name possibly more than once."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """The inputs common to all systems: the embedder's folder and the size of a chunk."""

    model: Path
    tokens: int


def main(make: Callable[[Given], Peer]) -> None:
    """Run the task of the command line with one system."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["ingest", "ask", "search"])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("inputs", nargs="+", type=Path)
    asked = parser.parse_args()
    os.environ.update(DO_NOT_TRACK="true", HF_HUB_OFFLINE="1", HAYSTACK_TELEMETRY_ENABLED="False")
    peer = make(Given(asked.model, asked.tokens))
    done: Json = {"versions": {name: importlib.metadata.version(name) for name in peer.packages}}
    if asked.task == "ingest":
        done["chunks"] = peer.ingest(asked.inputs, asked.out)
    elif asked.task == "ask":
        peer.open(asked.out)
        done["found"] = {
            key: _distinct(peer.find(text, 5 * FOUND)) for key, text in questions(asked.inputs[0])
        }
    else:
        done.update(_searched(peer, asked.out, [text for _, text in questions(asked.inputs[0])]))
    print(json.dumps(done), flush=True)


def questions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield id and text of each question of a BEIR file."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield row["_id"], row["text"]


def files(folders: Sequence[Path], *endings: str) -> list[Path]:
    """Return the files with these endings, in order."""
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in endings)


def read_chunks(folder: Path) -> list[str]:
    """Return the texts of `chunks.jsonl`, a JSON string a line."""
    with (folder / "chunks.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def timed(search: Search, asked: Sequence[str]) -> Json:
    """Return latencies of questions one by one, and the questions a second one by one and many at once.

    Computing time is that of all threads: on a machine with other load it is more reliable than the clock.
    """
    for question in asked[:_WARM_UP]:
        search(question)
    until = time.perf_counter() + _LONGEST_SECONDS
    seconds: list[float] = []
    computed = time.process_time()
    for question in asked:
        started = time.perf_counter()
        search(question)
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() > until:
            break
    computed = time.process_time() - computed
    asked = asked[: len(seconds)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        started = time.perf_counter()
        list(pool.map(search, asked))
        together = time.perf_counter() - started
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {
        "questions": len(asked),
        "ms_p50": round(statistics.median(seconds) * 1e3, 2),
        "ms_p95": round(cuts[-1] * 1e3, 2),
        "computing_ms": round(computed / len(asked) * 1e3, 2),
        "a_second": round(len(asked) / sum(seconds), 2),
        f"a_second_{_AT_ONCE}": round(len(asked) / together, 2),
    }


def resident_mb() -> float:
    """Return the memory of this process that is in RAM now, in MB."""
    status = Path("/proc/self/status").read_text("ascii")
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1000)


def _searched(peer: Peer, folder: Path, asked: Sequence[str]) -> Json:
    import numpy

    texts, vectors = read_chunks(folder), numpy.load(folder / "vectors.npy")
    started = time.perf_counter()
    peer.hold(texts, vectors)
    built = round(time.perf_counter() - started, 1)
    measured = timed(lambda question: peer.find(question, FOUND), asked)
    return {"build_seconds": built, "rss_mb": resident_mb(), "scopes": {"100 %": measured}}


def _distinct(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))[:FOUND]
