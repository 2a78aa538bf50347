"""Measures the check on the pairs of one part, and keeps the result of the reported one."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.circumstances import circumstances
from benchmarks.grounding.claims.pairs import SEED, Sample, samples
from retrieval.claims.check import Source, judge
from retrieval.claims.reading import read

RESULT = Path(__file__).resolve().parents[2] / "results" / "claims.json"


@click.command()
@click.option("--part", type=click.Choice(("train", "test")), default="test", help="`test` is reported.")
@click.option("--mistakes", is_flag=True, help="Print each pair that is judged wrongly.")
@click.option("--keep", is_flag=True, help="Write the result into benchmarks/results/claims.json.")
def main(part: str, mistakes: bool, keep: bool) -> None:
    """Print how many false sentences are accepted and how many true ones rejected."""
    pairs = [sample for sample in samples() if sample.part == part]
    if mistakes:
        print_mistakes(pairs)
    result = {**circumstances(["vademecum"]), "seed": SEED, "part": part, **measured(pairs)}
    click.echo(json.dumps(result, indent=1, ensure_ascii=False))
    if keep:
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


def measured(pairs: Sequence[Sample]) -> dict[str, Any]:
    """Return the shares of wrong verdicts, in all and by kind, and the time of a verdict."""
    times: list[float] = []
    wrong: list[Sample] = []
    for sample in pairs:
        read.cache_clear()
        start = time.perf_counter()
        verdict = judge(sample.sentence, Source(sample.source, sample.headings))
        times.append(1e6 * (time.perf_counter() - start))
        if verdict.agrees != sample.true:
            wrong.append(sample)
    true = [sample for sample in pairs if sample.true]
    false = [sample for sample in pairs if not sample.true]
    return {
        "true": len(true),
        "false": len(false),
        "false_rejects": _share(true, wrong),
        "false_accepts": _share(false, wrong),
        "by_kind": _by_kind(pairs, wrong),
        "microseconds_p50": round(median(times)),
        "microseconds_p95": round(sorted(times)[int(0.95 * len(times))]),
    }


def _share(pairs: Sequence[Sample], wrong: Sequence[Sample]) -> float:
    return round(sum(sample in wrong for sample in pairs) / max(1, len(pairs)), 4)


def _by_kind(pairs: Sequence[Sample], wrong: Sequence[Sample]) -> dict[str, str]:
    """Return for each kind how many of how many are judged wrongly."""
    counts, misjudged = Counter(map(_kind, pairs)), Counter(map(_kind, wrong))
    return {kind: f"{misjudged[kind]} of {count}" for kind, count in sorted(counts.items())}


def _kind(sample: Sample) -> str:
    words = sample.kind.replace(",", "").split()
    origin = words[0] if words[0] != "by" else "by hand"
    edit = words[-1] if not sample.true and len(words) > 1 and origin != "by hand" else ""
    return " ".join(filter(None, ("true" if sample.true else "false", origin, edit)))


def print_mistakes(pairs: Sequence[Sample]) -> None:
    """Print the pairs that are judged wrongly, with the fault that was found."""
    for sample in pairs:
        verdict = judge(sample.sentence, Source(sample.source, sample.headings))
        if verdict.agrees != sample.true:
            click.echo(f"{sample.kind}: {verdict.fault or 'accepted'} {' '.join(verdict.unmatched)}")
            click.echo(f"    {sample.sentence}\n    {sample.source!r}")
