"""Quality of parsing: text, order and tables, beside other systems: `make bench-parsing`.

`ARGS="--peers PYTHON"` names a Python in which other systems are installed (unstructured[all-docs],
markitdown[all], kreuzberg); systems that do not start there are left out. Writes
`benchmarks/results/parse.json` and `parse.md`. Parsers were improved on the `tune` half, not on the
`report` half.
"""

import argparse
import json
import platform
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.parsing.measures import Counts, cell_counts, neighbours, order, word_recall, words
from benchmarks.parsing.ocr import recognition
from benchmarks.parsing.readers import PEERS, OwnReader, PeerReader, Reader, Reading
from benchmarks.parsing.references import HALVES, Case, docling_cases, icdar_cases
from benchmarks.parsing.speed import long_document, speeds
from benchmarks.parsing.table import markdown

_RESULTS = Path(__file__).parents[1] / "results"
_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One system's measures on one file."""

    system: str
    file: str
    format: str
    half: str  # `tune` or `report`
    seconds: float
    error: str  # why the file could not be read, if it could not
    counts: dict[str, Counts]  # (found, expected) by measure


def score(system: str, case: Case, reading: Reading) -> Score:
    """Return the measures of a reading; an unread file has found no words and cells."""
    expected, found = words(case.text), words(reading.text)
    cells, own = cell_counts(case.tables), cell_counts(reading.tables)
    pairs = sum(map(neighbours, case.tables), start=neighbours([]))
    own_pairs = sum(map(neighbours, reading.tables), start=neighbours([]))
    same, same_pairs = (cells & own).total(), (pairs & own_pairs).total()
    counts = {
        "word recall": word_recall(expected, found),
        "word precision": word_recall(found, expected) if expected else (0, 0),
        "order": order(expected, found),
        "cell recall": (same, cells.total()),
        "cell precision": (same, own.total()) if cells else (0, 0),
        "neighbour recall": (same_pairs, pairs.total()),
        "neighbour precision": (same_pairs, own_pairs.total()) if pairs else (0, 0),
    }
    return Score(
        system=system,
        file=case.path.name,
        format=case.format,
        half=case.half,
        seconds=reading.seconds,
        error=reading.error,
        counts=counts,
    )


def summary(scores: Sequence[Score]) -> Iterator[dict[str, Any]]:
    """Yield the means over files by format, half and system; `pooled` adds up the counts instead."""
    groups: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    for one in scores:
        for half in (one.half, _ALL):
            groups[one.format, half, one.system].append(one)
    for (kind, half, system), members in groups.items():
        row: dict[str, Any] = {"format": kind, "half": half, "system": system, "files": len(members)}
        row["failed"] = sum(bool(one.error) for one in members)
        for name in members[0].counts:
            counted = [one.counts[name] for one in members if one.counts[name][1]]
            found, expected = (sum(side) for side in zip(*counted, strict=True)) if counted else (0, 0)
            row[name] = sum(a / b for a, b in counted) / len(counted) if counted else None
            row[f"{name}, pooled"] = found / expected if expected else None
        yield row


def measure(readers: Iterable[Reader], cases: Sequence[Case]) -> Iterator[Score]:
    """Yield each system's score on each file."""
    for reader in readers:
        try:
            for case in cases:
                yield score(reader.name, case, reader.read(case.path))
        finally:
            reader.close()


def main() -> None:
    """Measure and write the results."""
    options = _options()
    cases = [*docling_cases(), *icdar_cases()]
    cases = [
        case
        for case in cases
        if (not options.format or case.format in options.format) and options.half in (case.half, _ALL)
    ]
    readers = [OwnReader(), *_peers(options.peers)]
    scores = list(measure(readers, cases))
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "versions": {reader.name: reader.version for reader in readers},
        "summary": list(summary(scores)),
        "files": [asdict(one) for one in scores],
    }
    if options.speed:
        results["speed"] = list(speeds(options.peers, PEERS))
        results["long document"] = long_document()
    if options.ocr:
        results["recognition"] = list(recognition())
    table = markdown(results)
    print(table)
    if options.write:
        (_RESULTS / "parse.json").write_text(json.dumps(results) + "\n", "utf-8")
        (_RESULTS / "parse.md").write_text(table, "utf-8")
    for one in scores if options.files else ():
        shares = {name: round(a / b, 3) for name, (a, b) in one.counts.items() if b}
        print(f"{one.system} {one.half} {one.file} {shares} {one.error}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers", type=Path, help="a Python in which the other systems are installed")
    parser.add_argument("--format", action="append", help="only this format; may be repeated; icdar is one")
    parser.add_argument("--speed", action="store_true", help="measure pages a second and memory as well")
    parser.add_argument("--ocr", action="store_true", help="measure text recognition as well; minutes")
    parser.add_argument("--half", choices=(*HALVES, _ALL), default=_ALL)
    parser.add_argument("--files", action="store_true", help="print each file's figures too")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/parse.*")
    return parser.parse_args()


def _peers(python: Path | None) -> Iterator[Reader]:
    for name in PEERS if python else ():
        assert python is not None
        try:
            yield PeerReader(name, python)
        except FileNotFoundError as error:
            print(f"left out: {error}")
