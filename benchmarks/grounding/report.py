"""Grounding: how often the right sentence is cited, and a question without an answer refused.

    python -m benchmarks.grounding WORK_DIR                  # reported parts, once, after every choice
    python -m benchmarks.grounding WORK_DIR --part train     # to choose by

`removed` are the answerable questions of ClapNQ and CMRC 2018, asked over all documents except the one
that answers them. The tables are printed as Markdown; the figures of the reported parts are written as
JSON to `benchmarks/results/grounding.json`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from api.cli.evaluation_table import figures_json
from benchmarks.answer_sets import cell_key
from benchmarks.circumstances import circumstances
from benchmarks.grounding.sets import Asking, askings, opened
from benchmarks.set_folders import PARTS
from core.settings import load_settings
from core.values.answers import Answer
from core.values.documents import CELL_SEPARATOR
from core.values.search import AccessScope
from retrieval.judge.answer_evaluation import answer_in_citation, answer_series
from retrieval.judge.statistics import Series, auroc, mean, percentile

RESULTS = Path(__file__).parents[1] / "results" / "grounding.json"
PACKAGES = ("vademecum", "torch", "transformers", "faiss-cpu", "tantivy")
# Where the dial `min_support` is read off.
DIAL = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers over all documents and, if it has an answer, without its document.

    Both were asked with `min_support` 0, so that any other value can be applied afterwards.
    """

    asking: Asking
    whole: Answer
    without: Answer | None


def main() -> None:
    """Ask every question and print the tables."""
    parser = argparse.ArgumentParser(description="Measure grounding on the public answer sets.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--part", choices=PARTS, default="test")
    arguments = parser.parse_args()
    app = opened(arguments.work, min_support=0.0)
    app.readiness.warm_up()

    def ask(asking: Asking, scope: AccessScope) -> Answer:
        return app.answerer.answer(asking.gold.question, scope)

    asked = [
        Asked(one, ask(one, one.whole), ask(one, one.without) if one.without else None)
        for one in askings(arguments.work, arguments.part)
    ]
    app.close()
    dial = load_settings(arguments.work / "data").retrieval.min_support
    figures = {name: figures_json(measure(asked, dial)) for name, measure in MEASURES.items()}
    curve = [curve_point(asked, least) for least in sorted({*DIAL, dial})]
    print(table(figures), curve_table(curve), sep="\n\n")
    if arguments.part == "test":
        result = {**circumstances(PACKAGES), "min_support": dial, "sets": figures, "curve": curve}
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def at(answer: Answer, least: float) -> Answer:
    """Return the sentences that are given with `min_support` at `least`."""
    said = tuple(sentence for sentence in answer.sentences if sentence.support >= least)
    cited = {number for sentence in said for number in sentence.citations}
    citations = tuple(answer.citations[number] for number in sorted(cited))
    return replace(answer, sentences=said, citations=citations, refused=not said)


def measure_clapnq(asked: Sequence[Asked], dial: float) -> dict[str, Series]:
    """Return the measures on ClapNQ: half of its questions have only a passage that looks like an answer."""
    return _with_answers([one for one in asked if one.asking.set == "clapnq"], dial)


def measure_cmrc(asked: Sequence[Asked], dial: float) -> dict[str, Series]:
    """Return the measures on CMRC 2018, all of whose questions have an answer."""
    return _with_answers([one for one in asked if one.asking.set == "cmrc"], dial)


def measure_removed(asked: Sequence[Asked], dial: float) -> dict[str, Series]:
    """Return the measures on questions without their document, beside the same with it."""
    pairs = [(one.whole, one.without) for one in asked if one.without]
    known = [(whole.confidence, 1.0) for whole, _ in pairs]
    unknown = [(without.confidence, 0.0) for _, without in pairs if without]
    return {
        "refused_removed": Series(np.array([float(score < dial) for score, _ in unknown]), mean),
        "refused_answerable": Series(np.array([float(score < dial) for score, _ in known]), mean),
        "auroc": Series(np.array(known + unknown), auroc),
    }


def measure_tatqa(asked: Sequence[Asked], dial: float) -> dict[str, Series]:
    """Return the measures on TAT-QA; each question is asked over its own table and the text around it."""
    own = [one for one in asked if one.asking.set == "tatqa"]
    held = [cells_held(one.asking.cells, at(one.whole, dial)) for one in own]
    refused = [float(at(one.whole, dial).refused) for one in own]
    return {"cells_in_cited_rows": Series(np.array(held), mean), "refused": Series(np.array(refused), mean)}


Measure = Callable[[Sequence[Asked], float], dict[str, Series]]
MEASURES: dict[str, Measure] = {
    "clapnq": measure_clapnq,
    "removed": measure_removed,
    "cmrc": measure_cmrc,
    "tatqa": measure_tatqa,
}


def cells_held(cells: Sequence[str], answer: Answer) -> float:
    """Return 1 if each cell is a cell of a cited row, or 0."""
    held = {cell_key(cell) for one in answer.citations for cell in one.quote.split(CELL_SEPARATOR)}
    return float(all(cell_key(cell) in held for cell in cells))


def curve_point(asked: Sequence[Asked], dial: float) -> dict[str, float]:
    """Return refusals, and the precision of answers on ClapNQ, for values of `min_support`.

    `precision` is over all of ClapNQ's questions that are answered, those included that have no answer.
    """
    clapnq = [(one.asking.gold, at(one.whole, dial)) for one in asked if one.asking.set == "clapnq"]
    right = [gold.answerable and answer_in_citation(gold, one) for gold, one in clapnq if not one.refused]
    removed = measure_removed(asked, dial)
    return {
        "min_support": dial,
        "refused_unanswerable": _share([one.refused for gold, one in clapnq if not gold.answerable]),
        "refused_removed": round(removed["refused_removed"].value, 3),
        "refused_answerable": round(removed["refused_answerable"].value, 3),
        "answer_in_citation": _share([answer_in_citation(*one) for one in clapnq if one[0].answerable]),
        "precision": _share(right),
    }


def table(sets: dict[str, dict[str, Any]]) -> str:
    """Return one line for each figure, with its 95 % interval."""
    lines = ["| set | questions | figure | value | 95 % |", "|---|---|---|---|---|"]
    for name, figures in sets.items():
        for figure, (low, high) in figures["intervals"].items():
            line = f"| {name} | {figures['questions']} | {figure} | {figures[figure]} | {low} to {high} |"
            lines.append(line)
    return "\n".join(lines)


def curve_table(curve: Sequence[dict[str, float]]) -> str:
    """Return one line for each value of `min_support`."""
    names = list(curve[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(
        [*lines, *("| " + " | ".join(str(point[name]) for name in names) + " |" for point in curve)]
    )


def _with_answers(asked: Sequence[Asked], dial: float) -> dict[str, Series]:
    pairs = [(one.asking.gold, at(one.whole, dial)) for one in asked]
    measured = answer_series([gold for gold, _ in pairs], [answer for _, answer in pairs])
    times = np.array([answer.timings["total_ms"] for _, answer in pairs])
    known = {name: series for name, series in measured.items() if not np.isnan(series.value)}
    return known | {"ms_p50": Series(times, percentile(0.5)), "ms_p95": Series(times, percentile(0.95))}


def _share(rows: Sequence[float]) -> float:
    return round(float(np.mean(rows)), 3) if len(rows) else 1.0
