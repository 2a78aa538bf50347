"""Answers about a neighbour: how often the value of another model, version, code or rule is said.

    python -m benchmarks.answers.neighbours WORK_DIR --part train    # to choose by
    python -m benchmarks.answers.neighbours WORK_DIR                 # the layouts for reporting

Manuals are generated in the layouts of the part, always the same ones, written to WORK_DIR and ingested once.
The figures go to `benchmarks/results/neighbours.json`, each answer to
`WORK_DIR/neighbours-PART/answers.jsonl`.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from api.app import App, build
from api.cli.evaluation_table import figures_json, table_text
from benchmarks.answers.corpora import PARTS
from benchmarks.answers.report import PACKAGES, RESULTS, keep
from benchmarks.circumstances import circumstances
from benchmarks.neighbours.layouts import RANGES, REPORT, TRAIN
from benchmarks.neighbours.manuals import KINDS, Asked, Manual, manual, questions
from benchmarks.neighbours.words import WORDS
from benchmarks.set_folders import write_lines
from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from core.values.answers import Answer
from ingest.connectors.folder import FolderSource
from retrieval.judge.answer_evaluation import NAN
from retrieval.judge.facts import find, fold, places
from retrieval.judge.statistics import Series, mean

_LAYOUTS = {"train": TRAIN, "report": REPORT}
_EACH = 9  # questions about each manual, and one about what it does not contain
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question about a generated manual."""

    layout: str
    kind: str
    language: str
    of: Manual
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an answer says; 0 or 1, not-a-number if it does not apply."""

    right_said: float
    wrong_said: float
    """Whether a neighbour's value is said; beside the right one, only if not as that neighbour's."""
    neighbour_said: float
    """Whether a neighbour's value is said at all."""
    refused_answerable: float
    refused_unanswerable: float


def main() -> None:
    """Ask every question of a part, print the table and write the figures."""
    parser = argparse.ArgumentParser(description="Measure answers about a neighbour on generated manuals.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--part", choices=PARTS, default="report")
    arguments = parser.parse_args()
    work = arguments.work / f"neighbours-{arguments.part}"
    asked = list(cases(arguments.part))
    app = opened(work, arguments.part)
    app.readiness.warm_up()
    answers = [app.answerer.answer(one.asked.question, scope_of(None)) for one in asked]
    app.close()
    measured = neighbour_series(asked, answers)
    print(table_text(measured))
    write_lines(work / "answers.jsonl", map(row, asked, answers))
    figures = {**circumstances(PACKAGES), **figures_json(measured)}
    keep(arguments.part, figures, RESULTS.with_name("neighbours.json"))


def cases(part: str) -> Iterator[Case]:
    """Yield the questions of a part, manual by manual; always the same ones."""
    for number, (layout, kind, language) in enumerate(_places(part)):
        of = _manual(part, number, layout, kind, language)
        for one in questions(of, _EACH):
            yield Case(layout=layout, kind=kind, language=language, of=of, asked=one)


def opened(work: Path, part: str) -> App:
    """Write and ingest the manuals of a part; return the application over them."""
    for number, (layout, kind, language) in enumerate(_places(part)):
        folder = work / "documents" / f"{number:02d}-{layout}-{kind}-{language}"
        folder.mkdir(parents=True, exist_ok=True)
        of = _manual(part, number, layout, kind, language)
        for name, content in _LAYOUTS[part][layout](of).items():
            (folder / name).write_text(content, "utf-8")
    app = build(load_settings(work / "data"))
    app.ingestion.ingest(FolderSource(work / "documents", frozenset({PUBLIC}), _MOST_BYTES))
    return app


def outcome(asked: Asked, answer: Answer) -> Outcome:
    """Return what an answer says of the right value and of the neighbours' values."""
    folded = "" if answer.refused else fold(answer.text)
    right = bool(asked.right) and find(asked.right, folded) >= 0
    said = [(name, value) for name, value in asked.wrong if find(value, folded) >= 0]
    names = {asked.name, *(name for name, _ in asked.wrong)} - {""}
    misread = [value for name, value in said if not _said_of(name, value, folded, names)]
    contrary = bool(asked.contrary) and not right and find(asked.contrary, folded) >= 0
    return Outcome(
        right_said=float(right) if asked.right else NAN,
        wrong_said=float(bool(misread if right else said) or contrary),
        neighbour_said=float(bool(said)),
        refused_answerable=float(answer.refused) if asked.right else NAN,
        refused_unanswerable=NAN if asked.right else float(answer.refused),
    )


def _said_of(name: str, value: str, folded: str, names: set[str]) -> bool:
    """Return whether the last name before each place of the value is `name`, as in a row of a table."""
    known = sorted((place, one) for one in names for place in places(one, folded))
    for place in places(value, folded):
        before = [one for start, one in known if start < place]
        if not before or before[-1] != name:
            return False
    return True


def neighbour_series(asked: Sequence[Case], answers: Sequence[Answer]) -> dict[str, Series]:
    """Return each measure over all questions, and right and wrong by layout, kind and language."""
    found = [outcome(one.asked, answer) for one, answer in zip(asked, answers, strict=True)]

    def series(measure: str, name: str = "", value: str = "") -> Series:
        holds = [not name or getattr(case, name) == value for case in asked]
        rows = [getattr(one, measure) if held else NAN for one, held in zip(found, holds, strict=True)]
        return Series(np.array(rows), mean)

    return {measure: series(measure) for measure in Outcome.__slots__} | {
        f"{measure} {value}": series(measure, name, value)
        for name in ("layout", "kind", "language")
        for value in dict.fromkeys(getattr(case, name) for case in asked)
        for measure in ("right_said", "wrong_said")
    }


def row(case: Case, answer: Answer) -> dict[str, Any]:
    """Return an answer as a person reads it who looks for its fault."""
    judged = {name: value for name, value in asdict(outcome(case.asked, answer)).items() if not isnan(value)}
    place = {"layout": case.layout, "kind": case.kind, "language": case.language}
    return {**place, **asdict(case.asked), "refused": answer.refused, "text": answer.text, **judged}


def _places(part: str) -> Iterator[tuple[str, str, str]]:
    yield from ((layout, kind, language) for layout in _LAYOUTS[part] for kind in KINDS for language in WORDS)


def _manual(part: str, number: int, layout: str, kind: str, language: str) -> Manual:
    first = number + len(list(_places("train"))) * PARTS.index(part)
    return manual(first, kind, language, ranges=layout == RANGES)


if __name__ == "__main__":
    main()
