"""Fits the weights of support in `llm/extractive/support.py`: do the best sentence and its section answer?

    python -m benchmarks.grounding.support WORK_DIR ANSWERS_DIR

WORK_DIR is that of `benchmarks.grounding`, ANSWERS_DIR that of `benchmarks.answers`, with the tuning halves
of both. It is a logistic regression over the best sentence of each question; scikit-learn comes with the
embedder's package. Questions in people's own words count more than those of the public sets. Each fold of
the cross-validation leaves out one of the four corpora that people ask about, and a quarter of each public
set. The evidence of each question goes to `WORK_DIR/support.jsonl`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from api.app import App
from benchmarks.answers.corpora import GROUPS
from benchmarks.answers.corpora import opened as opened_corpora
from benchmarks.answers.report import questions
from benchmarks.grounding.sets import Asking, askings, opened
from benchmarks.set_folders import write_lines
from core.permissions import scope_of
from core.values.answers import Inquiry, Passage, Turn
from core.values.search import AccessScope
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.generator import ExtractiveGenerator
from llm.extractive.support import READ, UNREAD, Weights
from llm.generator import Draft
from retrieval.answer import Answerer
from retrieval.judge.statistics import auroc

Figures = NDArray[np.float64]

# How freely weights may leave 0, measures being counted in their standard deviations.
_FREEDOM = 0.1
# What a question counts: in people's own words, of a public set, and of one without its document.
_OWN, _PUBLIC, _REMOVED = 3.0, 1.0, 0.5
_FOLDS = 4
_CORPORA = ("18f", "arduino", "esp", "demo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The best sentence for a question."""

    id: str
    set: str
    fold: int
    counts: float
    answerable: bool
    evidence: SentenceEvidence

    @property
    def is_fitted(self) -> bool:
        """Whether its support is estimated, and not set by hand."""
        by_hand = self.evidence.looked_up or self.evidence.explains
        return self.evidence.identifies_what_was_asked and not by_hand


class Listener:
    """A generator that drafts nothing and keeps what it was asked."""

    name = "listener"

    def __init__(self) -> None:
        self.heard: tuple[Inquiry, Sequence[Passage]] | None = None

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Keep the inquiry and the passages."""
        self.heard = (inquiry, passages)
        yield from ()

    def warm_up(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Asker:
    """Asks questions as the answerer does, up to the evidence."""

    def __init__(self, app: App) -> None:
        settings = app.settings.retrieval
        self._listener = Listener()
        self._answerer = Answerer(app.searcher, self._listener, settings)
        self._generator = ExtractiveGenerator(
            app.indexes.embedder, app.searcher.term_weights, settings.answer_words
        )

    def best(
        self, question: str, scope: AccessScope, history: tuple[Turn, ...] = ()
    ) -> SentenceEvidence | None:
        """Return the evidence of the best sentence; None if the question is not put to a generator."""
        self._listener.heard = None
        self._answerer.answer(question, scope, history=history)
        if self._listener.heard is None or self._listener.heard[0].overview:
            return None
        weighed, _ = self._generator.weighed(*self._listener.heard)
        return weighed[0][1] if weighed else None


def main() -> None:
    """Fit both kinds of weights; print them, and what cross-validation refuses at the present dial."""
    parser = argparse.ArgumentParser(description="Fit the weights of support in llm/extractive/support.py.")
    parser.add_argument("work", type=Path)
    parser.add_argument("answers", type=Path)
    arguments = parser.parse_args()
    rows = [*own_rows(arguments.answers), *public_rows(arguments.work)]
    write_lines(arguments.work / "support.jsonl", ({**asdict(one)} for one in rows))
    for name, weights in (("READ", READ), ("UNREAD", UNREAD)):
        own = [one for one in rows if one.is_fitted and (one.evidence.likeness is None) == (name == "UNREAD")]
        fitted, bias = fit(own, weights)
        print(json.dumps({"weights": name, "support": fitted, "bias": bias}))
        for line in validated(own, weights):
            print(line)


def own_rows(work: Path) -> Iterator[Row]:
    """Yield the questions in people's own words of the tuning half."""
    app = opened_corpora(work, "train")
    asker, scope = Asker(app), scope_of(None, GROUPS)
    for one in questions("train"):
        evidence = asker.best(one.question, scope, one.history)
        corpus = one.id.rpartition("-")[0]
        if evidence:
            yield Row(
                id=one.id,
                set=corpus,
                fold=_CORPORA.index(corpus),
                counts=_OWN,
                answerable=one.answerable,
                evidence=evidence,
            )
    app.close()


def public_rows(work: Path) -> Iterator[Row]:
    """Yield the questions of the public sets' tuning parts, with and without the document that answers."""
    app = opened(work)
    asker = Asker(app)
    for place, one in enumerate(askings(work, "train")):
        for scope, answerable, counts in _ways(one):
            evidence = asker.best(one.gold.question, scope)
            if evidence:
                yield Row(
                    id=one.gold.id,
                    set=one.set,
                    fold=place % _FOLDS,
                    counts=counts,
                    answerable=answerable,
                    evidence=evidence,
                )
    app.close()


def _ways(one: Asking) -> list[tuple[AccessScope, bool, float]]:
    removed = [(one.without, False, _REMOVED)] if one.without else []
    return [(one.whole, one.gold.answerable, _PUBLIC), *removed]


def fit(rows: Sequence[Row], weights: Weights) -> tuple[dict[str, float], float]:
    """Return the weights of the measures that `weights` names for support, and the bias."""
    names = list(weights.support)
    figures = _figures(rows, names)
    mean, unit = figures.mean(0), figures.std(0) + 1e-9
    model = LogisticRegression(C=_FREEDOM, max_iter=3000)
    model.fit((figures - mean) / unit, _answerable(rows), sample_weight=[one.counts for one in rows])
    fitted: Figures = model.coef_[0] / unit
    bias = float(model.intercept_[0] - mean @ fitted)
    return dict(zip(names, fitted.round(2).tolist(), strict=True)), round(bias, 2)


def validated(rows: Sequence[Row], weights: Weights) -> Iterator[str]:
    """Yield one line for each set: AUROC, and what is refused at several values of the dial."""
    scores = np.zeros(len(rows))
    for fold in range(_FOLDS):
        fitted, bias = fit([one for one in rows if one.fold != fold], weights)
        held = [place for place, one in enumerate(rows) if one.fold == fold]
        figures = _figures([rows[place] for place in held], list(fitted))
        scores[held] = 1.0 / (1.0 + np.exp(-(figures @ np.array([*fitted.values()]) + bias)))
    truth = _answerable(rows)
    for name, sets in (("own words", _CORPORA), ("clapnq", ("clapnq",)), ("cmrc", ("cmrc",))):
        inside = np.array([one.set in sets for one in rows])
        if len(set(truth[inside])) > 1:
            yield f"{name}: {_line(scores[inside], truth[inside])}"


def _line(scores: Figures, truth: Figures) -> str:
    dial = [
        f"{least}: {(scores[truth == 1] < least).mean():.2f} / {(scores[truth == 0] < least).mean():.2f}"
        for least in (0.3, 0.36, 0.4, 0.45, 0.5, 0.55, 0.6)
    ]
    area = auroc(np.column_stack([scores, truth]))
    return f"AUROC {area:.3f}; refused, answerable / not: {'; '.join(dial)}"


def _figures(rows: Sequence[Row], names: Sequence[str]) -> Figures:
    return np.array([[float(getattr(one.evidence, name)) for name in names] for one in rows])


def _answerable(rows: Sequence[Row]) -> Figures:
    return np.array([float(one.answerable) for one in rows])


if __name__ == "__main__":
    main()
