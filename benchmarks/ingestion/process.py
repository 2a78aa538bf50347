"""The cost of a process: time by the clock, computing time, memory of it and its children."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The cost and the result of a process."""

    seconds: float  # by the clock
    computing_seconds: float  # of all threads and children
    peak_rss_mb: float  # with its children
    printed: dict[str, Any]  # the JSON document on its last line
    error: str  # why there is none; empty if there is one


def spent(command: Sequence[str], fine: Sequence[int] = (0,)) -> Spent:
    """Run a command to its end and return its cost; an exit code in `fine` is not a failure."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        before, started = os.times(), time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=errors, text=True)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, sum(_resident_mb(one) for one in _family(process.pid)))
            time.sleep(_LOOK_SECONDS)
        seconds, after = time.perf_counter() - started, os.times()
        computing = after.children_user + after.children_system
        computing -= before.children_user + before.children_system
        out.seek(0)
        errors.seek(0)
        said, complaint = out.read().strip(), errors.read().strip()
    if process.returncode not in fine or not said:
        return Spent(
            seconds=seconds,
            computing_seconds=computing,
            peak_rss_mb=peak,
            printed={},
            error=(complaint.splitlines() or ["it printed nothing"])[-1],
        )
    return Spent(
        seconds=seconds,
        computing_seconds=computing,
        peak_rss_mb=peak,
        printed=json.loads(said.splitlines()[-1]),
        error="",
    )


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield from _family(int(child))
    except OSError:  # it has ended meanwhile
        return


def _resident_mb(pid: int) -> float:
    try:
        # Private memory and a fair share of what several processes map: a fork is not counted twice.
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0
    pss = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(pss.split()[1]) / 1000
