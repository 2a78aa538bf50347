"""Kills `vade ingest` again and again, as a power cut would, and checks what is left each time.

    python -m benchmarks.kills FOLDER… [--kills 20] [--seed 1] [--longest 8]

Each round starts an ingest over the same data folder, sends SIGKILL after a random time, and runs
`vade check`: database and indexes must agree, no document may be there twice, and nothing that was
there before may be gone. The last round runs to its end. Prints a JSON line for each round.
"""

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

VADE = str(Path(sys.executable).with_name("vade"))
# Time that a fresh process needs before it writes anything.
EARLIEST_SECONDS = 1.5


def main() -> None:
    """Run the rounds; exit 1 at the first that does not hold."""
    parser = argparse.ArgumentParser(description="Kill an ingest at random moments.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds before a kill at most")
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        before: set[str] = set()
        for number in range(arguments.kills + 1):
            last = number == arguments.kills
            seconds = None if last else moments.uniform(EARLIEST_SECONDS, arguments.longest)
            report = _round(data, arguments.folders, seconds)
            now = _searchable(data)
            print(
                json.dumps({"round": number, "killed_after": seconds, **report, "documents": len(now)}),
                flush=True,
            )
            if not report["ok"] or len(now) != len(set(now)) or not before <= set(now):
                sys.exit(f"round {number} does not hold: {sorted(before - set(now))[:5]}")
            before = set(now)


def _round(data: Path, folders: list[Path], seconds: float | None) -> dict[str, Any]:
    """Ingest, killed after `seconds`, and check."""
    command = [VADE, "--data-dir", str(data), "ingest", "--public", "--json", *map(str, folders)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    finished = False
    if seconds is None:
        process.communicate()
        finished = True
    else:
        time.sleep(seconds)
        finished = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
    check = subprocess.run(
        [VADE, "--data-dir", str(data), "check", "--json"], capture_output=True, check=False
    )
    result = json.loads(check.stdout)
    return {
        "finished": finished,
        "ok": result["ok"],
        "chunks": result["chunks"],
        "findings": result["findings"],
    }


def _searchable(data: Path) -> list[str]:
    with sqlite3.connect(data / "truth.db") as connection:
        rows = connection.execute(
            "SELECT uri FROM document JOIN version ON version.document_id = document.id "
            "WHERE tombstoned_at IS NULL AND state = 'searchable'"
        )
        return [uri for (uri,) in rows]


if __name__ == "__main__":
    main()
