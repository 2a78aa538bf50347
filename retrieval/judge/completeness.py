"""Measures of complete answers: which facts are said, by kind of question, and what is beside the point."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.values.answers import Answer
from retrieval.judge.answer_evaluation import NAN, GoldQuestion
from retrieval.judge.facts import fold, in_order, said
from retrieval.judge.statistics import Series, Statistic, Values, mean, percentile

_VERDICTS = {"yes": r"yes|是|是的|对|可以|能|会", "no": r"no|否|不|不是|不可以|不行|不能|不会|没有"}
_VERDICT = {word: re.compile(rf"\W*(?:{beginnings})[,.:;!。、-]") for word, beginnings in _VERDICTS.items()}
# A Chinese word has two characters in the mean.
_CHINESE_CHARACTER = re.compile(r"[\u3400-\u9fff]")
_CHARACTERS_PER_WORD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The judgement of one answer; a share or 0 or 1, not-a-number if it does not apply."""

    facts_said: float
    """The share of the facts said."""
    complete: float
    """Whether all facts are said, in their order if they have one, and not the opposite verdict."""
    verdict_right: float
    """Whether the answer begins with the right yes or no."""
    wrong: float
    """Whether an answer is given that says no fact or the opposite verdict, or to what has no answer."""
    words: float
    """How many words the answer has; not-a-number for a refusal."""


def completeness_series(gold: Sequence[GoldQuestion], answers: Sequence[Answer]) -> dict[str, Series]:
    """Return each measure over the questions, which must be in the order of the answers.

    `complete KIND` is `complete` over the questions of one kind.
    """
    judged = [judge(one, answer) for one, answer in zip(gold, answers, strict=True)]

    def series(measure: Callable[[Judgement], float], kind: str = "") -> Series:
        rows = [measure(one) if kind in {"", of.kind} else NAN for one, of in zip(judged, gold, strict=True)]
        return Series(np.array(rows), mean)

    words = np.array([one.words for one in judged])
    return {
        "facts_said": series(lambda one: one.facts_said),
        "complete": series(lambda one: one.complete),
        **{f"complete {kind}": series(lambda one: one.complete, kind) for kind in _kinds(gold)},
        "verdict_right": series(lambda one: one.verdict_right),
        "wrong": series(lambda one: one.wrong),
        "words_p50": Series(words, _of_known(0.5)),
        "words_p95": Series(words, _of_known(0.95)),
    }


def judge(gold: GoldQuestion, answer: Answer) -> Judgement:
    """Return the judgement of one answer."""
    text = "" if answer.refused else answer.text
    facts, verdict = said(gold.facts, text), verdict_of(text)
    opposite = bool(gold.verdict and verdict) and verdict != gold.verdict
    known = gold.answerable and bool(facts)
    complete = all(facts) and not opposite and (not gold.ordered or in_order(gold.facts, text))
    beside = opposite or not any(facts) if known else not gold.answerable
    return Judgement(
        facts_said=sum(facts) / len(facts) if known else NAN,
        complete=float(complete) if known else NAN,
        verdict_right=float(verdict == gold.verdict) if gold.verdict else NAN,
        wrong=float(beside and not answer.refused),
        words=float(count_words(text)) if not answer.refused else NAN,
    )


def verdict_of(text: str) -> str:
    """Return `yes` or `no` if the text begins with such a word as a clause of its own, or an empty text."""
    folded = fold(text)
    return next((word for word, pattern in _VERDICT.items() if pattern.match(folded)), "")


def count_words(text: str) -> int:
    """Return how many words a person reads."""
    chinese = len(_CHINESE_CHARACTER.findall(text))
    return len(_CHINESE_CHARACTER.sub(" ", text).split()) + chinese // _CHARACTERS_PER_WORD


def _kinds(gold: Sequence[GoldQuestion]) -> list[str]:
    return sorted({one.kind for one in gold if one.kind and one.answerable and one.facts})


def _of_known(share: float) -> Statistic:
    """Return the percentile of the rows that are numbers."""

    def of(rows: Values) -> float:
        return percentile(share)(rows[~np.isnan(rows)])

    return of
