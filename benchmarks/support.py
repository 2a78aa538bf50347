"""Fits the weights of `llm/support.py` on the tuning halves and reports on the other halves.

    python -m benchmarks.support WORK_DIR      # needs scikit-learn, which the embedder's package brings

ClapNQ and CMRC 2018 are written to WORK_DIR and ingested into one mixed index, every fifth document
left out: questions on those have no answer in the index (`absent`). ClapNQ's unanswerable questions
do have a passage of the right article there (`plausible`).
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from api.app import App, build
from benchmarks.datasets import SETS
from benchmarks.layout import PARTS, read_lines
from core.permissions import PUBLIC, scope_of
from core.settings import load_settings
from ingest.folder import FolderSource
from llm.candidates import Candidate
from llm.extractive import ExtractiveGenerator
from llm.support import SentenceEvidence

Figures = NDArray[np.float64]

LEFT_OUT = 5
# CMRC has 3,219 questions; a tenth of them says as much as ClapNQ's 600.
CMRC_STEP = 5
ANSWERABLE, ABSENT, PLAUSIBLE = "answerable", "absent", "plausible"
# The columns of `Asked.figures` that a model is fitted on: all, or those that need no likeness.
COLUMNS = {"clapnq": (0, 2, 3), "cmrc": (1, 2, 3)}


@dataclass(frozen=True)
class Asked:
    """One question: what was measured of its candidates, and which of them hold the answer.

    `figures` is `(n, 4)`: likeness, coverage, coverage with headings, passage rank.
    """

    name: str
    part: str
    kind: str
    figures: Figures
    right: NDArray[np.bool_]


def main() -> None:
    """Fit, and print the weights and the table."""
    parser = argparse.ArgumentParser(description="Fit the weights of llm/support.py.")
    parser.add_argument("work", type=Path)
    work = parser.parse_args().work
    app, left_out = _ingested(work)
    asked = list(_asked(app, work, left_out))
    app.close()
    for name, columns in COLUMNS.items():
        _report(name, columns, [question for question in asked if question.name == name])


def _ingested(work: Path) -> tuple[App, set[str]]:
    left_out: set[str] = set()
    for name in COLUMNS:
        SETS[name](work / name)
        for position, path in enumerate(sorted((work / name / "documents").iterdir())):
            if position % LEFT_OUT == 0:
                left_out.add(path.name)
                path.unlink()
    app = build(load_settings(work / "data"))
    for name in COLUMNS:
        app.ingest(FolderSource(work / name / "documents", frozenset({PUBLIC}), 2**20))
    return app, left_out


def _asked(app: App, work: Path, left_out: set[str]) -> Iterator[Asked]:
    generator = ExtractiveGenerator(app.embedder, app.searcher.rarity, max_sentences=3)
    for name in COLUMNS:
        for part in PARTS:
            lines = list(read_lines(work / name / f"{part}.jsonl"))
            for line in lines[:: CMRC_STEP if name == "cmrc" else 1]:
                passages = app.searcher.search(line["question"], scope_of(None), 8, reach=1)
                weighed = generator._weighed(line["question"], passages)
                figures = np.array([_figures(evidence) for _, evidence in weighed]).reshape(-1, 4)
                right = np.array([_is_right(line, candidate) for candidate, _ in weighed])
                yield Asked(name, part, _kind(line, left_out), figures, right)


def _figures(evidence: SentenceEvidence) -> tuple[float, float, float, float]:
    likeness = evidence.likeness or 0.0
    return likeness, evidence.coverage, evidence.coverage_with_headings, evidence.passage_rank


def _kind(line: dict[str, Any], left_out: set[str]) -> str:
    if line["gold_documents"][0] in left_out:
        return ABSENT
    return ANSWERABLE if line["answerable"] else PLAUSIBLE


def _is_right(line: dict[str, Any], candidate: Candidate) -> bool:
    """Return whether a candidate holds the answer: the words of it, or a sentence marked as gold."""
    if not line["answerable"] or not candidate.passage.uri.endswith(f"/{line['gold_documents'][0]}"):
        return False
    text = _packed(candidate.text)
    gold = [_packed(answer) for answer in line["answers"]]
    return any(answer[:60] in text or (len(text) >= 40 and text in answer) for answer in gold)


def _packed(text: str) -> str:
    return "".join(text.split())


def _report(name: str, columns: tuple[int, ...], asked: Sequence[Asked]) -> None:
    train = [question for question in asked if question.part == "train" and len(question.right)]
    order = _fit_order(columns, train)
    tops = _tops(columns, order, train)
    scale = LogisticRegression(C=100).fit(tops[:, None], [question.kind == ANSWERABLE for question in train])
    a, b = float(scale.coef_[0, 0]), float(scale.intercept_[0])
    weights = {
        "order": order.round(2).tolist(),
        "support": (order * a).round(2).tolist(),
        "bias": round(b, 2),
    }
    print(json.dumps({"set": name, **weights}))
    for part in PARTS:
        questions = [question for question in asked if question.part == part and len(question.right)]
        _print_part(name, part, questions, columns, order)


def _fit_order(columns: tuple[int, ...], train: Sequence[Asked]) -> Figures:
    """Fit which candidate of a question holds its answer; every question weighs the same."""
    held = [question for question in train if question.right.any()]
    rows = np.concatenate([question.figures[:, columns] for question in held])
    right = np.concatenate([question.right for question in held])
    weights = np.concatenate([np.full(len(q.right), 1 / len(q.right)) for q in held])
    model = LogisticRegression(C=10, max_iter=1000, class_weight="balanced")
    model.fit(rows, right, sample_weight=weights * len(weights) / weights.sum())
    order: Figures = model.coef_[0]
    return order


def _tops(columns: tuple[int, ...], order: Figures, asked: Sequence[Asked]) -> Figures:
    return np.array([(question.figures[:, columns] @ order).max() for question in asked])


def _print_part(
    name: str, part: str, asked: Sequence[Asked], columns: tuple[int, ...], order: Figures
) -> None:
    answerable = [question for question in asked if question.kind == ANSWERABLE]
    best = [question.right[np.argsort(-(question.figures[:, columns] @ order))] for question in answerable]
    figures: dict[str, float] = {
        "questions": len(asked),
        "hit@1": float(np.mean([right[0] for right in best])),
        "hit@3": float(np.mean([right[:3].any() for right in best])),
    }
    known = _tops(columns, order, answerable)
    for kind in (ABSENT, PLAUSIBLE):
        others = [question for question in asked if question.kind == kind]
        if others:
            unknown = _tops(columns, order, others)
            truth = [1] * len(known) + [0] * len(unknown)
            figures[f"AUROC {kind}"] = float(roc_auc_score(truth, np.concatenate([known, unknown])))
            figures[f"refused {kind} at 10 %"] = float(np.mean(unknown < np.quantile(known, 0.1)))
    print(json.dumps({"set": name, "part": part, **{key: round(value, 3) for key, value in figures.items()}}))


if __name__ == "__main__":
    main()
