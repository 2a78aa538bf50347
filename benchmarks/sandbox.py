"""The cost of the sandbox: the same files parsed in this process and in confined ones.

    python -m benchmarks.sandbox FOLDER… [--rounds 9] [--out FILE]

Each round parses all files in this process, then in one warm confined process, then in `parser_processes`
processes with a thread for each; before the first round each way parses them once unmeasured. Rounds pair
the ways, so that other load on the machine slows all of them equally; the medians of each round's ratio
are the result. Computing time counts all processes.
"""

import argparse
import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.errors import ParseError
from core.settings import IngestSettings
from core.values.documents import ParsedDocument
from ingest.parsers.formats import EXTENSIONS, parse
from ingest.sandbox.pool import ParserSandbox

SETTINGS = IngestSettings()
PROVENANCE = "vademecum", "lxml", "markdown-it-py", "pypdfium2"
WAYS = "in this process", "one confined process", f"{SETTINGS.parser_processes} confined processes"

Parse = Callable[[bytes, str], ParsedDocument]
Files = Sequence[tuple[str, bytes]]


def main() -> None:
    """Print a table, and write the figures if asked to."""
    parser = argparse.ArgumentParser(description="Measure what the sandbox costs.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, help="also write the figures here, as JSON")
    arguments = parser.parse_args()
    files = list(_files(arguments.folders))
    one = ParserSandbox(SETTINGS.model_copy(update={"parser_processes": 1}))
    several = ParserSandbox(SETTINGS)
    with closing(one), closing(several):
        starts = _starts(files)
        plain = partial(parse, max_text_bytes=SETTINGS.max_text_bytes)
        ways: list[Callable[[], tuple[float, float]]] = [
            lambda: _measured(plain, files, one, 1),
            lambda: _measured(one.parse, files, one, 1),
            lambda: _measured(several.parse, files, several, SETTINGS.parser_processes),
        ]
        for way in ways:
            way()
        rounds = [[way() for way in ways] for _ in range(arguments.rounds)]
    folders = [folder.name for folder in arguments.folders]
    report = {
        "command": " ".join(["python -m benchmarks.sandbox", *folders, f"--rounds {arguments.rounds}"]),
        "date": str(date.today()),
        "versions": {package: version(package) for package in PROVENANCE},
        "cores": os.cpu_count(),
        "files": len(files),
        "bytes": sum(len(content) for _, content in files),
        "ways": dict(zip(WAYS, _summary(rounds, len(files)), strict=True)),
        "start_seconds": starts,
        "rounds": rounds,
    }
    _print(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


def _files(folders: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.suffix.lower() in EXTENSIONS and path.is_file() and not hidden:
                yield path.name, path.read_bytes()


def _measured(read: Parse, files: Files, sandbox: ParserSandbox, threads: int) -> tuple[float, float]:
    """Return the seconds by the clock and of computing that one pass over the files takes."""

    def attempt(file: tuple[str, bytes]) -> None:
        with suppress(ParseError):
            read(file[1], file[0])

    began, computed = time.perf_counter(), _computing(sandbox.pids)
    if threads == 1:
        for file in files:
            attempt(file)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(attempt, files))
    return time.perf_counter() - began, _computing(sandbox.pids) - computed


def _computing(pids: Sequence[int]) -> float:
    """Return the computing time of this process, of these and of those that have ended; proc(5), stat."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _starts(files: Files) -> dict[str, float]:
    """Return the seconds until a fresh process has read its first file, by the file's ending."""
    firsts = {Path(name).suffix: (name, content) for name, content in reversed(files)}
    took = {}
    for ending in sorted(firsts):
        name, content = firsts[ending]
        with closing(ParserSandbox(SETTINGS)) as sandbox:
            began = time.perf_counter()
            sandbox.parse(content, name)
            took[ending] = time.perf_counter() - began
    return took


def _summary(rounds: list[list[tuple[float, float]]], files: int) -> list[dict[str, float]]:
    """Return for each way its median figures, and the medians of each round's ratio to the first way."""
    summaries = []
    for way in range(len(WAYS)):
        clock = [one[way][0] for one in rounds]
        computing = [one[way][1] for one in rounds]
        summaries.append(
            {
                "files_per_second": files / statistics.median(clock),
                "seconds": statistics.median(clock),
                "computing_seconds": statistics.median(computing),
                "throughput_ratio": statistics.median(one[0][0] / one[way][0] for one in rounds),
                "computing_ratio": statistics.median(one[way][1] / one[0][1] for one in rounds),
            }
        )
    return summaries


def _print(report: dict[str, Any]) -> None:
    megabytes = report["bytes"] / 1e6
    print(f"{report['files']} files, {megabytes:.1f} MB, medians of {len(report['rounds'])} rounds\n")
    print("| | files/s | throughput | computing |\n|---|---|---|---|")
    for name, way in report["ways"].items():
        print(
            f"| {name} | {way['files_per_second']:.0f} | {way['throughput_ratio']:.2f} "
            f"| {way['computing_ratio']:.2f} |"
        )
    starts = ", ".join(f"{ending} {seconds:.2f}" for ending, seconds in report["start_seconds"].items())
    print(f"\nSeconds until a fresh process has read its first file: {starts}")


if __name__ == "__main__":
    main()
