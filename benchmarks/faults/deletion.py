"""The time for which another process can still find a deleted document.

    python -m benchmarks.faults.deletion FOLDER… [--data-dir DIR] [--times 100] [--seed 1] [--out FILE]

Ingests the folders, unless the data folder has them already. Then a second process searches for a
document's title, over and over, by words and by vectors, while this one erases the document as
`vade document delete` does. All times run from that call.

- `unfindable`: the end of the first search without the document. On a busy machine that is the duration of a
  search, which is printed beside it.
- `refused`: the time at which the database first refuses the document's hits. A search ends by reading its
  hits there, so no search that ends later shows the document. A thread reads them as often as it can.
- `receipt`: the time at which both indexes on the disk are without it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from admin.erasure import erase_document
from api.app import App, build
from benchmarks.circumstances import circumstances
from core.logs import configure_logs
from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from core.store.documents.reading import DocumentEntry, list_documents, read_passages
from core.values.search import AccessScope, Hit
from ingest.connectors.folder import FolderSource

_PACKAGES = ("vademecum", "sqlalchemy", "faiss-cpu", "tantivy")
_LIMIT = 20
EVERYBODY: AccessScope = scope_of(None)


def main() -> None:
    """Measure, or search for the process that does."""
    parser = argparse.ArgumentParser(description="Measure how long a deleted document can be found.")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--searching", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line has it
    configure_logs()
    if arguments.searching:
        _search(arguments.data_dir)
        return
    with tempfile.TemporaryDirectory() as name:
        report = _measured(arguments.data_dir or Path(name), arguments)
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def _measured(data_dir: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    app = build(load_settings(data_dir))
    if not (documents := _documents(app)):
        for folder in arguments.folders:
            app.ingestion.ingest(
                FolderSource(folder, frozenset({PUBLIC}), app.settings.ingest.max_file_bytes)
            )
        documents = _documents(app)
    chosen = random.Random(arguments.seed).sample(documents, min(arguments.times, len(documents)))
    command = [sys.executable, "-m", "benchmarks.faults.deletion"]
    with subprocess.Popen(
        [*command, "--data-dir", str(data_dir), "--searching"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    ) as other:  # fmt: skip
        rows = list(_erased(app, other, chosen))
    app.close()
    folders = " ".join(path.name for path in arguments.folders)
    return {
        "command": f"python -m benchmarks.faults.deletion {folders} --times {arguments.times}",
        **circumstances(_PACKAGES),
        "documents": len(documents),
        "deleted": len(rows),
        "refused_ms": _percentiles([row["refused"] for row in rows]),
        "unfindable_ms": _percentiles([row["unfindable"] for row in rows]),
        "one_search_ms": _percentiles([row["search"] for row in rows]),
        "receipt_ms": _percentiles([row["receipt"] for row in rows]),
    }


def _erased(
    app: App, other: "subprocess.Popen[str]", documents: Sequence[DocumentEntry]
) -> Iterator[dict[str, float]]:
    """Erase each document that the other process finds; yield milliseconds."""
    assert other.stdin is not None
    assert other.stdout is not None
    for document in documents:
        other.stdin.write(json.dumps({"uri": document.uri, "title": document.title}) + "\n")
        other.stdin.flush()
        if json.loads(other.stdout.readline()) != "found":
            continue  # its title alone does not lead to it
        called = time.monotonic()
        erase_document(app.database, app.indexes, document.uri)
        returned = time.monotonic()
        gone = json.loads(other.stdout.readline())
        yield {
            "refused": 1000 * (gone["refused"] - called),
            "unfindable": 1000 * (gone["at"] - called),
            "search": 1000 * gone["search"],
            "receipt": 1000 * (returned - called),
        }
    other.stdin.close()


def _search(data_dir: Path) -> None:
    """Search for each title read from standard input until its document is gone, and print the time."""
    app = build(load_settings(data_dir))
    app.readiness.warm_up()
    for line in sys.stdin:
        wanted = json.loads(line)
        if not _finds(app, wanted):
            print('"nothing"', flush=True)
            continue
        probe = _Probe(app, wanted)
        print('"found"', flush=True)
        began = time.monotonic()
        while _finds(app, wanted):
            began = time.monotonic()
        at = time.monotonic()
        print(json.dumps({"at": at, "search": at - began, "refused": probe.refused_at()}), flush=True)
    app.close()


class _Probe:
    """Reads a document's hits again and again, until the database refuses them."""

    def __init__(self, app: App, wanted: dict[str, str]) -> None:
        self._app = app
        hits = app.searcher.hits(wanted["title"], EVERYBODY)
        with app.database.reading() as session:
            passages = read_passages(session, hits, EVERYBODY)
        self._hits = [Hit(one.chunk_id, one.score) for one in passages if one.uri == wanted["uri"]]
        self._at = 0.0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def refused_at(self) -> float:
        """Return the moment, by the clock that all processes share."""
        self._thread.join()
        return self._at

    def _watch(self) -> None:
        while True:
            with self._app.database.reading() as session:
                there = read_passages(session, self._hits, EVERYBODY)
            self._at = time.monotonic()
            if not there:
                return
            time.sleep(0.001)


def _finds(app: App, wanted: dict[str, str]) -> bool:
    """Return whether a search finds the document."""
    passages = app.searcher.search(wanted["title"], EVERYBODY, _LIMIT).passages
    return any(passage.uri == wanted["uri"] for passage in passages)


def _documents(app: App) -> list[DocumentEntry]:
    found: list[DocumentEntry] = []
    with app.database.reading() as session:
        while more := list_documents(session, EVERYBODY, found[-1].id if found else 0, 500):
            found += more
    return [one for one in found if one.version and one.parent is None]


def _percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 99th percentile and the longest."""
    rows = np.array(milliseconds)
    return {
        "p50": round(float(np.percentile(rows, 50)), 1),
        "p99": round(float(np.percentile(rows, 99)), 1),
        "max": round(float(rows.max()), 1),
    }


if __name__ == "__main__":
    main()
