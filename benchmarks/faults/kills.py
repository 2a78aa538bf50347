"""Kills `vade ingest` again and again, as a power cut would, and checks the state each time.

    python -m benchmarks.faults.kills FOLDER… [--kills 20] [--seed 1] [--longest 40] [--out FILE]

Each round changes three files, starts an ingest over the same data folder, sends SIGKILL, and runs
`vade check`: database and indexes must agree, no document may be there twice, and no earlier document may
be missing. Two thirds of the kills come after a random time, the others while the indexes are saved,
after the last commit. The last round runs to its end: then every readable file must be there in its
newest state. Prints a JSON line for each round.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

VADE = str(Path(sys.executable).with_name("vade"))
# Time that a fresh process needs before it writes anything.
EARLIEST_SECONDS = 1.5
# Both indexes are written within about this time after the first one's folder appears.
SAVE_SECONDS = 0.6
PROVENANCE = "vademecum", "sqlalchemy", "faiss-cpu", "tantivy"


def main() -> None:
    """Run the rounds; exit 1 at the first round that fails."""
    parser = argparse.ArgumentParser(description="Kill an ingest at random moments.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=40.0, help="seconds before a kill at most")
    parser.add_argument("--out", type=Path, help="also write the rounds here, as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rounds = []
        for one in _rounds(Path(name), arguments):
            print(json.dumps(one), flush=True)
            rounds.append(one)
        if arguments.out:
            report = {
                "command": " ".join(
                    ["python -m benchmarks.faults.kills", *(path.name for path in arguments.folders)]
                ),
                "date": str(date.today()),
                "versions": {package: version(package) for package in PROVENANCE},
                "settings": {name: getattr(arguments, name) for name in ("kills", "seed", "longest")},
                "rounds": rounds,
            }
            arguments.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def _rounds(root: Path, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    moments = random.Random(arguments.seed)
    folders = [Path(shutil.copytree(path, root / path.name)) for path in arguments.folders]
    texts = sorted(path for folder in folders for path in folder.rglob("*.md"))
    data = root / "data"
    timed = arguments.kills * 2 // 3
    before: set[str] = set()
    for number in range(arguments.kills + 1):
        for path in moments.sample(texts, 3):
            with path.open("a", encoding="utf-8") as file:
                file.write(f"\n\nRound {number} was here.\n")
        wait: Callable[[subprocess.Popen[bytes]], object]
        if number == arguments.kills:
            moment, wait = "never", subprocess.Popen.wait
        elif number < timed:
            seconds = moments.uniform(EARLIEST_SECONDS, arguments.longest)
            moment, wait = f"after {seconds:.2f} s", _after(seconds)
        else:
            seconds = moments.uniform(0, SAVE_SECONDS)
            moment, wait = f"{seconds:.3f} s into saving", _into_saving(data, seconds)
        finished = _ingest(data, folders, wait)
        checked = _check(data)
        now = _searchable(data)
        yield {"round": number, "killed": moment, "finished": finished, **checked, "documents": len(now)}
        uris = [uri for uri, _ in now]
        if len(uris) != len(set(uris)) or not before <= set(uris):
            sys.exit(f"round {number} does not hold: {sorted(before - set(uris))[:5]}")
        before = set(uris)
    stale = [uri for uri, digest in now if digest != _digest(uri)]
    if stale:
        sys.exit(f"documents are not as their files are: {stale[:5]}")


def _ingest(data: Path, folders: list[Path], wait: Callable[[subprocess.Popen[bytes]], object]) -> bool:
    """Ingest until `wait` returns, kill it, and return whether it had ended by itself."""
    command = [VADE, "--data-dir", str(data), "ingest", "--public", "--json", *map(str, folders)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(process)
    finished = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return finished


def _after(seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    return lambda process: time.sleep(seconds)


def _into_saving(data: Path, seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    def wait(process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not list(data.glob("index/*/gen-*.tmp")):
            time.sleep(0.002)
        time.sleep(seconds)

    return wait


def _check(data: Path) -> dict[str, Any]:
    command = [VADE, "--data-dir", str(data), "check", "--json"]
    check = subprocess.run(command, capture_output=True, check=False)
    if not check.stdout:
        sys.exit(f"check ended with {check.returncode}: {check.stderr.decode()[-2000:]}")
    result = json.loads(check.stdout)
    if not result["ok"]:
        sys.exit(f"check finds: {result['findings']}")
    return {"ok": result["ok"], "chunks": result["chunks"]}


def _searchable(data: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(data / "truth.db") as connection:
        return connection.execute(
            "SELECT uri, version.content_sha256 FROM document "
            "JOIN version ON version.document_id = document.id "
            "WHERE tombstoned_at IS NULL AND state = 'searchable'"
        ).fetchall()


def _digest(uri: str) -> str:
    return hashlib.sha256(Path(unquote(urlsplit(uri).path)).read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
