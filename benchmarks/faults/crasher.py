"""Kills the server and ingests at random moments while documents come in and questions are asked.

    python -m benchmarks.faults.crasher [--seconds 600] [--seed 1] [--out FILE]

`vade up` takes uploads and answers searches over HTTP; `vade ingest` reads a folder that keeps
changing. One of the two is sent SIGKILL every few seconds and started again. From its acknowledgement on
(an upload by its job, a folder by exit code 0), a document must be found: by every search in between,
and by name at the end. Then `vade check` must be clean, no document may be there twice, and the database
may hold no document that was never sent. Exits 1 if one of these checks fails.
"""

import argparse
import json
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from api.cli.terminal import ALREADY_RUNNING

VADE = str(Path(sys.executable).with_name("vade"))
PROVENANCE = "vademecum", "sqlalchemy", "faiss-cpu", "tantivy"
FILES, REWRITTEN = 40, 8
# How long a process lives, against the time that a server takes to be ready on this machine today: some
# are killed while they load the embedder, most while they work.
SHORTEST, LONGEST = 0.2, 3.0
READY_SECONDS = 180.0
REQUEST_SECONDS = 30.0


class Acknowledged:
    """The acknowledged documents: for each name, the codes of which one must be found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, frozenset[str]] = {}
        self._order: dict[str, list[str]] = {}
        self._sent: set[str] = set()

    def sending(self, sent: dict[str, str]) -> None:
        """From now on a document may hold its new code or, if it was acknowledged, an old one."""
        with self._lock:
            self._sent.update(sent)
            for name, code in sent.items():
                self._order.setdefault(name, []).append(code)
                if name in self._codes:
                    self._codes[name] |= {code}

    def acknowledged(self, sent: dict[str, str]) -> None:
        """From now on each holds its new code, or one that was sent later."""
        with self._lock:
            for name, code in sent.items():
                order = self._order[name]
                self._order[name] = order[order.index(code) :] if code in order else [code]
                self._codes[name] = frozenset(self._order[name])

    def any(self, chance: random.Random) -> tuple[str, frozenset[str]] | None:
        """Return one document and its codes."""
        with self._lock:
            return chance.choice(sorted(self._codes.items())) if self._codes else None

    def all(self) -> dict[str, frozenset[str]]:
        """Return every document and its codes."""
        with self._lock:
            return dict(self._codes)

    @property
    def sent(self) -> set[str]:
        """The names of all documents that were ever sent."""
        with self._lock:
            return set(self._sent)


class Crasher:
    """One data folder, its server, its folder of manuals, and what is done to them."""

    def __init__(self, root: Path, seed: int) -> None:
        self._data, self._folder = root / "data", root / "manuals"
        self._folder.mkdir()
        self._seed = seed
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self._server: subprocess.Popen[bytes] | None = None
        self._unit = 0.0
        self._over = threading.Event()
        self._log = (root / "log").open("ab")
        self.truth = Acknowledged()
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self._accepted: list[tuple[int, str, str]] = []

    def run(self, seconds: float) -> dict[str, Any]:
        """Do everything at once for so long, then look at what is left."""
        self._start()
        began = time.monotonic()
        self._wait_until_ready()
        self._unit = time.monotonic() - began
        began = time.monotonic()
        work = (self._kill_servers, self._upload, self._search, self._ingest)
        threads = [threading.Thread(target=self._guarded, args=(one,), name=one.__name__) for one in work]
        for thread in threads:
            thread.start()
        self._over.wait(seconds)
        self._over.set()
        for thread in threads:
            thread.join()
        lasted = time.monotonic() - began
        self._end_server()
        final = self._look()
        self._log.close()
        lives = {"lasted_seconds": round(lasted, 1), "server_ready_after_seconds": round(self._unit, 1)}
        return {**lives, **dict(sorted(self.counts.items())), **final}

    def _guarded(self, work: Callable[[random.Random], None]) -> None:
        try:
            work(random.Random(f"{self._seed} {work.__name__}"))
        except Exception as error:
            self.violations.append(f"{work.__name__}: {error!r}")
            self._over.set()
            raise

    def _start(self) -> None:
        command = [VADE, "--data-dir", str(self._data), "up", "--port", str(self._port), "--as", "user:ann"]
        self._server = subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def _end_server(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _kill_servers(self, chance: random.Random) -> None:
        while not self._over.wait(chance.uniform(SHORTEST, LONGEST) * self._unit):
            if self._server is not None and self._server.poll() is not None:
                self.violations.append(f"the server ended by itself with {self._server.returncode}")
            self._end_server()
            self.counts["kills_of_the_server"] += 1
            self._start()

    def _upload(self, chance: random.Random) -> None:
        number = 0
        while not self._over.wait(chance.uniform(0.05, 0.5)):
            number += 1
            name = f"upload-{chance.randint(1, number)}.md"
            code = f"U-{number:06d}"
            self.truth.sending({name: code})
            content = f"# Part {code}\n\nThe part {code} is kept in shelf {number}.\n".encode()
            answer = self._ask("documents", files={"file": (name, content)}, data={"public": "true"})
            if answer is not None and answer.status_code == 202:
                self.counts["uploads_accepted"] += 1
                self._accepted.append((answer.json()["id"], name, code))
            self._follow_uploads()

    def _follow_uploads(self) -> None:
        """Note which of the accepted uploads were read; none may be forgotten, or fail but by kills."""
        for job_id, name, code in list(self._accepted):
            try:
                answer = httpx.get(f"http://127.0.0.1:{self._port}/v1/jobs/{job_id}", timeout=REQUEST_SECONDS)
            except httpx.TransportError:
                return
            job = answer.json()
            if answer.status_code == 200 and job["state"] in {"queued", "running"}:
                return  # those behind it wait as well
            self._accepted.remove((job_id, name, code))
            if answer.status_code == 200 and job["state"] == "done":
                self.counts["uploads_read"] += 1
                self.truth.acknowledged({name: code})
            elif answer.status_code == 200 and job["code"] == "crashed":
                self.counts["uploads_given_up"] += 1  # killed while it was read, as often as is tried
            else:
                self.violations.append(f"an accepted upload is not read: {answer.text[:300]}")

    def _search(self, chance: random.Random) -> None:
        while not self._over.wait(chance.uniform(0.02, 0.2)):
            known = self.truth.any(chance)
            if known is None:
                continue
            found = self._finds(*known)
            # It may have been acknowledged anew while the search was under way.
            if found is False and self.truth.all()[known[0]] == known[1]:
                self.violations.append(f"{known[0]} was acknowledged with {set(known[1])} and not found")

    def _ingest(self, chance: random.Random) -> None:
        edition = 0
        while not self._over.is_set():
            edition += 1
            names = [f"manual-{number:02}.md" for number in range(FILES)]
            for name in names if edition == 1 else chance.sample(names, REWRITTEN):
                code = f"M-{edition:04d}{names.index(name):02d}"
                self.truth.sending({name: code})
                (self._folder / name).write_text(f"# Manual {code}\n\nManual {code} tells all.\n", "utf-8")
            if self._ingested(chance.uniform(SHORTEST, LONGEST) * self._unit):
                self.counts["ingests_finished"] += 1
                held = {path.name: path.read_text("utf-8").split()[2] for path in self._folder.iterdir()}
                self.truth.acknowledged(held)

    def _ingested(self, seconds: float) -> bool:
        """Ingest the folder, killed after so many seconds; return whether it came to a good end."""
        command = [VADE, "--data-dir", str(self._data), "ingest", "--public", "--json", str(self._folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log) as process:
            try:
                report, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                self.counts["kills_of_ingests"] += 1
                return False
        if process.returncode == ALREADY_RUNNING:  # the server goes on with what a killed one left
            self.counts["ingests_met_another_run"] += 1
        elif process.returncode != 0:
            self.violations.append(f"an ingest ended with {process.returncode}: {report.decode()[:300]}")
        return process.returncode == 0

    def _finds(self, name: str, codes: frozenset[str]) -> bool | None:
        """Return whether a search for any of its codes finds a document; None without an answer."""
        for code in sorted(codes):
            answer = self._ask("search", json={"question": f"part {code}", "limit": 5})
            if answer is None or answer.status_code != 200:
                return None
            self.counts["searches_answered"] += 1
            hits = answer.json()["hits"]
            if any(hit["uri"].endswith(f"/{name}") and code in hit["quote"] for hit in hits):
                return True
        return False

    def _ask(self, what: str, **body: Any) -> httpx.Response | None:
        """Send a request; None if the server was not there to its end. Another error is a violation."""
        try:
            answer = httpx.post(f"http://127.0.0.1:{self._port}/v1/{what}", timeout=REQUEST_SECONDS, **body)
        except httpx.TransportError:
            self.counts["requests_cut_off"] += 1
            return None
        if answer.status_code in {429, 503}:
            self.counts["requests_turned_away"] += 1
        elif answer.status_code not in {200, 202}:
            self.violations.append(f"{what} was answered {answer.status_code}: {answer.text[:300]}")
        return answer

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"http://127.0.0.1:{self._port}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        self.violations.append(f"the server was not ready within {READY_SECONDS:.0f} s")

    def _look(self) -> dict[str, Any]:
        """Return what is left after all of it, and note what is wrong with it."""
        self._start()
        self._wait_until_ready()
        deadline = time.monotonic() + READY_SECONDS
        while self._accepted and time.monotonic() < deadline:
            self._follow_uploads()
            time.sleep(0.1)
        if self._accepted:
            self.violations.append(f"{len(self._accepted)} accepted uploads still wait")
        missing = [name for name, codes in self.truth.all().items() if not self._finds(name, codes)]
        self._end_server()
        if missing:
            self.violations.append(f"acknowledged and not found: {sorted(missing)[:10]}")
        command = [VADE, "--data-dir", str(self._data), "check", "--json"]
        checked = subprocess.run(command, stdout=subprocess.PIPE, stderr=self._log, check=False)
        report = json.loads(checked.stdout)
        if not report["ok"]:
            self.violations.append(f"check finds {report['findings']}")
        searchable = self._searchable()
        strangers = set(searchable) - self.truth.sent
        if strangers or any(count > 1 for count in Counter(searchable).values()):
            self.violations.append(f"there twice, or never sent: {sorted(strangers)[:10]}")
        return {
            "documents_acknowledged": len(self.truth.all()),
            "documents_searchable": len(searchable),
            "chunks": report["chunks"],
            "check_is_clean": report["ok"],
        }

    def _searchable(self) -> list[str]:
        live = (
            "SELECT uri FROM document JOIN version ON version.document_id = document.id "
            "WHERE tombstoned_at IS NULL AND state = 'searchable'"
        )
        with closing(sqlite3.connect(self._data / "truth.db")) as connection:
            return [str(uri).rsplit("/", 1)[-1] for (uri,) in connection.execute(live)]


def crash(seconds: float, seed: int) -> dict[str, Any]:
    """Run the loop in a folder of its own; return its counts and the failed checks."""
    with tempfile.TemporaryDirectory() as name:
        crasher = Crasher(Path(name), seed)
        result = crasher.run(seconds)
        log = (Path(name) / "log").read_text("utf-8", "replace")
    crashes = log.count("Traceback (most recent call last)")
    if crashes:
        crasher.violations.append(f"{crashes} tracebacks in the log: {log[-1500:]}")
    return {"seed": seed, "seconds": seconds, **result, "violations": crasher.violations}


def main() -> None:
    """Run the loop; exit 1 if a check fails."""
    parser = argparse.ArgumentParser(description="Kill server and ingests under load.")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="also write the result here, as JSON")
    arguments = parser.parse_args()
    asked = f"--seconds {arguments.seconds:g} --seed {arguments.seed}"
    result = {
        "command": f"python -m benchmarks.faults.crasher {asked}",
        "date": str(date.today()),
        "versions": {package: version(package) for package in PROVENANCE},
        **crash(arguments.seconds, arguments.seed),
    }
    print(json.dumps(result, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    sys.exit(1 if result["violations"] else 0)


if __name__ == "__main__":
    main()
