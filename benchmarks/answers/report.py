"""Answers to questions in people's own words: how complete they are, and what is refused.

    make bench-answers ARGS="WORK_DIR --part train"    # to choose by
    make bench-answers ARGS=WORK_DIR                   # the reported half, once, after every choice

The corpora are read from `VADE_DATA` and ingested into WORK_DIR, each half once. The table is printed; the
figures go to `benchmarks/results/answers.json`, each answer with what it lacks to
`WORK_DIR/PART/answers.jsonl`.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from admin.goldens import read_gold
from api.app import App
from api.cli.evaluation_table import figures_json, table_text
from api.cli.measurement import answers_measured
from benchmarks.answers.corpora import GROUPS, PARTS, opened
from benchmarks.circumstances import circumstances
from benchmarks.set_folders import write_lines
from core.permissions import scope_of
from core.values.answers import Answer
from retrieval.judge.answer_evaluation import GoldQuestion
from retrieval.judge.completeness import judge
from retrieval.judge.evaluation import latency_series
from retrieval.judge.facts import said

RESULTS = Path(__file__).parents[1] / "results" / "answers.json"
PACKAGES = ("vademecum", "torch", "transformers", "faiss-cpu", "tantivy")


def main() -> None:
    """Ask every question of a half, print the table and write the figures."""
    parser = argparse.ArgumentParser(description="Measure answers to questions in people's own words.")
    parser.add_argument("work", type=Path)
    parser.add_argument("--part", choices=PARTS, default="report")
    parser.add_argument(
        "--only", default="", metavar="PREFIX", help="questions whose id begins so; no results"
    )
    arguments = parser.parse_args()
    gold = [one for one in questions(arguments.part) if one.id.startswith(arguments.only)]
    app = opened(arguments.work, arguments.part)
    answers, milliseconds = ask(app, gold)
    app.close()
    measured = answers_measured(gold, answers) | latency_series(milliseconds)
    print(table_text(measured))
    write_lines(arguments.work / arguments.part / "answers.jsonl", map(row, gold, answers))
    if not arguments.only:
        keep(arguments.part, {**circumstances(PACKAGES), **figures_json(measured)})


def questions(part: str) -> list[GoldQuestion]:
    """Return the questions of a half, in the file's order."""
    return read_gold(Path(__file__).parent / f"questions.{part}.jsonl")


def ask(app: App, gold: Sequence[GoldQuestion]) -> tuple[list[Answer], list[float]]:
    """Ask one question after the other; return the answers, and how many milliseconds each took."""
    app.readiness.warm_up()
    scope, answers, milliseconds = scope_of(None, GROUPS), [], []
    for one in gold:
        started = time.perf_counter()
        answers.append(app.answerer.answer(one.question, scope, history=one.history))
        milliseconds.append((time.perf_counter() - started) * 1000)
    return answers, milliseconds


def row(gold: GoldQuestion, answer: Answer) -> dict[str, Any]:
    """Return an answer as a person reads it who looks for what it lacks."""
    held = said(gold.facts, answer.text)
    judgement = {name: value for name, value in asdict(judge(gold, answer)).items() if not math.isnan(value)}
    return {
        "id": gold.id,
        "kind": gold.kind,
        "question": gold.question,
        "answerable": gold.answerable,
        "refused": answer.refused,
        **judgement,
        "lacking": [fact for fact, there in zip(gold.facts, held, strict=True) if not there],
        "documents": gold.documents,
        "text": answer.text,
        "confidence": answer.confidence,
        "cited": [(one.uri.rpartition("/")[2], one.quote) for one in answer.citations],
        "nearest": [(one.uri.rpartition("/")[2], one.quote[:300]) for one in answer.found],
        "understood": answer.understood,
    }


def keep(part: str, figures: dict[str, Any], path: Path = RESULTS) -> None:
    """Write the figures of a half beside those of the other."""
    results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    results[part] = figures
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
