"""Measures the check on the pairs of one part, and keeps the result of the reported one."""

import json
import math
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.circumstances import circumstances
from benchmarks.grounding.claims.pairs import SEED, Sample, samples
from core.reading.reading import read
from retrieval.claims.check import Source, agreeing, judge

RESULT = Path(__file__).resolve().parents[2] / "results" / "claims.json"
_Z = 1.96


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
        start = time.thread_time()
        judge(sample.sentence, Source(sample.source, sample.headings))
        times.append(1e6 * (time.thread_time() - start))
        if misjudged(sample):
            wrong.append(sample)
    true = [sample for sample in pairs if sample.true]
    false = [sample for sample in pairs if not sample.true]
    return {
        "true": len(true),
        "false": len(false),
        "false_rejects": _share(true, wrong),
        "false_accepts": _share(false, wrong),
        "intervals": {"false_rejects": _interval(true, wrong), "false_accepts": _interval(false, wrong)},
        "false_rejects_without_cutting": _share(true, [one for one in true if not _agrees_whole(one)]),
        "by_kind": _by_kind(pairs, wrong),
        "microseconds_p50": round(median(times)),
        "microseconds_p95": round(sorted(times)[int(0.95 * len(times))]),
    }


def misjudged(sample: Sample) -> bool:
    """Return whether a true sentence is not said at all, or a false one is.

    A false sentence of which the false words were cut out is judged rightly.
    """
    said = agreeing(sample.sentence, Source(sample.source, sample.headings))
    if sample.true:
        return not said
    was_cut = said != sample.sentence and sample.changed
    return bool(said) and not (was_cut and not any(_has(said, word) for word in sample.changed))


def _has(said: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b" if word.isascii() else word, said) is not None


def _share(pairs: Sequence[Sample], wrong: Sequence[Sample]) -> float:
    return round(sum(sample in wrong for sample in pairs) / max(1, len(pairs)), 4)


def _interval(pairs: Sequence[Sample], wrong: Sequence[Sample]) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson's formula."""
    count, share = len(pairs), _share(pairs, wrong)
    spread = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    middle = share + _Z**2 / (2 * count)
    scale = 1 + _Z**2 / count
    return round((middle - spread) / scale, 4), round((middle + spread) / scale, 4)


def _agrees_whole(sample: Sample) -> bool:
    return judge(sample.sentence, Source(sample.source, sample.headings)).agrees


def _by_kind(pairs: Sequence[Sample], wrong: Sequence[Sample]) -> dict[str, str]:
    """Return for each kind how many of how many are judged wrongly."""
    counts, mistakes = Counter(map(_kind, pairs)), Counter(map(_kind, wrong))
    return {kind: f"{mistakes[kind]} of {count}" for kind, count in sorted(counts.items())}


def _kind(sample: Sample) -> str:
    words = sample.kind.replace(",", "").split()
    origin = words[0] if words[0] != "by" else "by hand"
    edit = words[-1] if not sample.true and len(words) > 1 and origin != "by hand" else ""
    return " ".join(filter(None, ("true" if sample.true else "false", origin, edit)))


def print_mistakes(pairs: Sequence[Sample]) -> None:
    """Print the pairs that are judged wrongly, with the fault that was found."""
    for sample in pairs:
        verdict = judge(sample.sentence, Source(sample.source, sample.headings))
        if misjudged(sample):
            click.echo(f"{sample.kind}: {verdict.fault or 'accepted'} {' '.join(verdict.unmatched)}")
            click.echo(f"    {sample.sentence}\n    {sample.source!r}")
