"""How long health and reading wait while uploads are read, with several builds in turn.

    python -m benchmarks.uploads NAME=CHECKOUT [NAME=CHECKOUT] [--uploads 46] [--rounds 3] [--out FILE]

Each round starts `vade up` of each checkout in turn, by the Python that runs this, over a data folder of its
own, with one document in it. Then as many clients as there are uploads send a small file each, at once, while
every 0.2 s new clients ask for `/livez` and for the list of documents, whether or not earlier ones have got
their answers. A round ends when every file is in the list. The times are of a client's whole request,
connection included, in milliseconds.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.circumstances import circumstances

PACKAGES = ("fastapi", "starlette", "uvicorn", "httpx", "torch")
PATHS = ("/livez", "/v1/documents?limit=1")
PROBE_SECONDS = 0.2
READY_SECONDS, REQUEST_SECONDS, ROUND_SECONDS = 120.0, 120.0, 300.0
LAUNCH = "import sys; sys.path.insert(0, ''); from api.cli.main import main; main()"


@contextmanager
def server(checkout: Path, data_dir: Path) -> Iterator[str]:
    """Give the address of `vade up` of a checkout, once it can answer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", LAUNCH, "--data-dir", str(data_dir), "up", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    process = subprocess.Popen(
        command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(f"{url}/readyz"):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the server of {checkout} did not become ready")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=REQUEST_SECONDS).status_code == 200
    except httpx.TransportError:
        return False


def measure(url: str, uploads: int) -> dict[str, Any]:
    """Return the times of one round: all requests, until every upload is in the list."""
    sent: list[float] = []
    waits: dict[str, list[float]] = {path: [] for path in PATHS}
    began = time.monotonic()
    threads = [threading.Thread(target=_upload, args=(url, number, sent)) for number in range(uploads)]
    over = threading.Event()
    watching = threading.Thread(target=_until_read, args=(url, uploads, over))
    for thread in (*threads, watching):
        thread.start()
    while not over.wait(PROBE_SECONDS):  # a probe does not wait for the one before it
        for path in PATHS:
            threads.append(threading.Thread(target=_get, args=(url, path, waits[path])))
            threads[-1].start()
    took = time.monotonic() - began
    for thread in (*threads, watching):
        thread.join()
    return {"waits": waits, "sent": sent, "read_after_seconds": took}


def _upload(url: str, number: int, sent: list[float]) -> None:
    content = f"# Part {number}\n\nThe part {number} is kept in shelf {number}.\n".encode()
    files = {"file": (f"part-{number}.md", content)}
    started = time.monotonic()
    httpx.post(f"{url}/v1/documents", files=files, timeout=REQUEST_SECONDS).raise_for_status()
    sent.append(1000 * (time.monotonic() - started))


def _get(url: str, path: str, waits: list[float]) -> None:
    started = time.monotonic()
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=REQUEST_SECONDS)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path} was answered with {response.status}")
    waits.append(1000 * (time.monotonic() - started))


def _until_read(url: str, uploads: int, over: threading.Event) -> None:
    deadline = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < deadline and _listed(url) < uploads + 1:
        time.sleep(PROBE_SECONDS)
    over.set()


def _listed(url: str) -> int:
    page = httpx.get(f"{url}/v1/documents?limit=500", timeout=REQUEST_SECONDS).json()
    return sum(entry["state"] == "searchable" for entry in page["documents"])


def rounds(checkouts: dict[str, Path], uploads: int, times: int) -> dict[str, Any]:
    """Return the figures of each checkout over all rounds."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in checkouts}
    for _ in range(times):
        for name, checkout in checkouts.items():
            with tempfile.TemporaryDirectory() as folder, server(checkout, Path(folder)) as url:
                first = {"file": ("first.md", b"# First\n\nThe first document.\n")}
                httpx.post(f"{url}/v1/documents", files=first, timeout=REQUEST_SECONDS).raise_for_status()
                while _listed(url) < 1:
                    time.sleep(0.1)
                found[name].append(measure(url, uploads))
    return {name: _figures(each) for name, each in found.items()}


def _figures(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    waits = {path: [wait for one in each for wait in one["waits"][path]] for path in PATHS}
    waits["POST /v1/documents"] = [wait for one in each for wait in one["sent"]]
    seconds = [round(one["read_after_seconds"], 1) for one in each]
    return {**{path: _spread(some) for path, some in waits.items()}, "all_read_after_seconds": seconds}


def _spread(waits: Sequence[float]) -> dict[str, Any]:
    parts = statistics.quantiles(waits, n=20)
    spread = {"ms_p50": parts[9], "ms_p95": parts[18], "ms_max": max(waits)}
    return {"requests": len(waits), **{name: round(value, 1) for name, value in spread.items()}}


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(description="Measure health and reading while uploads are read.")
    parser.add_argument("checkouts", nargs="+", metavar="NAME=CHECKOUT")
    parser.add_argument("--uploads", type=int, default=46)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="also write the result here, as JSON")
    arguments = parser.parse_args()
    checkouts = {
        name: Path(path).resolve() for name, _, path in (one.partition("=") for one in arguments.checkouts)
    }
    result = {
        "command": f"python -m benchmarks.uploads {' '.join(f'{name}=...' for name in checkouts)}",
        "uploads": arguments.uploads,
        "rounds": arguments.rounds,
        **circumstances(PACKAGES),
        **rounds(checkouts, arguments.uploads, arguments.rounds),
    }
    print(json.dumps(result, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
