"""Fits the weights of relevance in `llm/extractive/support.py` on the tuning halves, and prints them.

    python -m benchmarks.grounding.relevance WORK_DIR

It is a conditional logit: which of the sentences found for one question has its answer? McFadden,
"Conditional Logit Analysis of Qualitative Choice Behavior" (1974). WORK_DIR may be that of
`benchmarks.grounding`, with the same index and questions. The present weights choose the sentences that are
compared by their vectors: after a change of measures, run it twice.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from api.app import App
from benchmarks.answer_sets import cell_key
from benchmarks.grounding.sets import Asking, askings, opened
from core.values.answers import Inquiry
from core.values.documents import CELL_SEPARATOR
from core.values.search import AccessScope
from llm.extractive.candidates import Candidate
from llm.extractive.generator import ExtractiveGenerator
from llm.extractive.support import READ, UNREAD, Weights

Figures = NDArray[np.float64]

# How strongly weights are drawn towards 0, measures being counted in their standard deviations; chosen by
# five-fold cross-validation.
_RELEVANCE_PULL = {"clapnq": 0.02, "cmrc": 0.01}
# A gold answer may be longer than a sentence; a sentence so long inside it counts as well.
_PART_CHARACTERS = 40
# Only TAT-QA has tables: what a row's label counts is fitted on it, all else being held.
_LABEL = "label"


@dataclass(frozen=True)
class Asked:
    """One question with its candidates."""

    figures: Figures  # (n, k): the measures of each candidate
    right: NDArray[np.bool_]  # (n,): whether a candidate has the answer


def main() -> None:
    """Fit both kinds of weights and print them."""
    parser = argparse.ArgumentParser(description="Fit the weights of relevance in llm/extractive/support.py.")
    parser.add_argument("work", type=Path)
    work = parser.parse_args().work
    app = opened(work)
    tuning = list(askings(work, "train"))
    for name, weights, prose in (("READ", READ, "clapnq"), ("UNREAD", UNREAD, "cmrc")):
        fitted = fit(app, weights, [one for one in tuning if one.set == prose], _RELEVANCE_PULL[prose])
        print(json.dumps({"weights": name, **fitted}), flush=True)
        if prose == "clapnq":
            rows = [one for one in tuning if one.set == "tatqa"]
            print(json.dumps({_LABEL: fit_label(app, fitted, rows)}), flush=True)
    app.close()


def fit(app: App, weights: Weights, tuning: Sequence[Asking], pull: float) -> dict[str, float]:
    """Return the weights of the measures that `weights` names for relevance, but for the label."""
    order = [name for name in weights.relevance if name != _LABEL]
    fitted = fit_relevance(list(asked_for(app, tuning, order)), pull)
    return dict(zip(order, fitted.round(2).tolist(), strict=True))


def fit_relevance(asked: Sequence[Asked], pull: float) -> Figures:
    """Return the weights under which right candidates are the likeliest of their question."""
    held = [one for one in asked if one.right.any() and not one.right.all()]
    unit = np.concatenate([one.figures for one in held]).std(0) + 1e-9

    def loss(weights: Figures) -> float:
        surprise = _surprise([one.figures / unit @ weights for one in held], held)
        return surprise + pull * float(weights @ weights)

    fitted: Figures = minimize(loss, np.zeros(len(unit)), method="L-BFGS-B").x / unit
    return fitted


def fit_label(app: App, relevance: Mapping[str, float], tuning: Sequence[Asking]) -> float:
    """Return the weight of a row's label, with the other weights fixed."""
    asked = [one for one in asked_for(app, tuning, [*relevance, _LABEL]) if one.right.any()]
    rest = np.array([*relevance.values()])

    def loss(label: Figures) -> float:
        return _surprise([one.figures @ np.append(rest, label) for one in asked], asked)

    return round(float(minimize(loss, np.zeros(1), method="L-BFGS-B").x[0]), 2)


def asked_for(app: App, tuning: Sequence[Asking], names: Sequence[str]) -> Iterator[Asked]:
    """Yield each question's candidates, with and without the document that answers it."""
    generator = ExtractiveGenerator(
        app.indexes.embedder, app.searcher.term_weights, app.settings.retrieval.answer_words
    )
    for one in tuning:
        for scope, answerable in _ways(one):
            passages = app.searcher.search(
                one.gold.question, scope, app.settings.retrieval.passages, reach=1
            ).passages
            weighed, _ = generator.weighed(Inquiry(question=one.gold.question, scope=scope), passages)
            rows = [[float(getattr(evidence, name)) for name in names] for _, evidence in weighed]
            right = [answerable and holds_answer(one, candidate) for candidate, _ in weighed]
            if rows:
                yield Asked(np.array(rows), np.array(right))


def holds_answer(asking: Asking, candidate: Candidate) -> bool:
    """Return whether a candidate is of the right document and has an answer, or a cell of it."""
    if not candidate.passage.uri.endswith(f"/{asking.gold.documents[0]}"):
        return False
    if asking.cells:
        cells = {cell_key(cell) for cell in candidate.text.split(CELL_SEPARATOR)}
        return any(cell_key(cell) in cells for cell in asking.cells)
    text, gold = _packed(candidate.text), [_packed(answer) for answer in asking.gold.answers]
    return any(answer in text or (len(text) >= _PART_CHARACTERS and text in answer) for answer in gold)


def _ways(one: Asking) -> list[tuple[AccessScope, bool]]:
    """Return the scopes to ask a question under, each with whether the answer is there."""
    removed = [(one.without, False)] if one.without else []
    return [(one.whole, one.gold.answerable), *removed]


def _surprise(scores: Sequence[Figures], asked: Sequence[Asked]) -> float:
    """Return the negative log-likelihood of the right candidates, in nats a question."""
    shares = [logsumexp(row) - logsumexp(row[one.right]) for row, one in zip(scores, asked, strict=True)]
    return float(np.mean(shares))


def _packed(text: str) -> str:
    return "".join(text.split())


if __name__ == "__main__":
    main()
