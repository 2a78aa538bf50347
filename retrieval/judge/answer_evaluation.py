"""Measures of answers: whether the right answer is given and cited, and unanswerable questions refused.

How complete an answer is, is measured in `completeness.py`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.values.answers import Answer, Citation, Turn
from retrieval.judge.facts import Fact
from retrieval.judge.statistics import Series, auroc, mean

NAN = float("nan")
# A gold answer may be longer than a sentence: a quote inside it counts if it has so many characters.
_QUOTE_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldQuestion:
    """A question with its known answers."""

    id: str
    question: str
    answers: tuple[str, ...]
    """Alternative answers in the words of the documents; empty for an unanswerable question."""
    answerable: bool
    documents: tuple[str, ...]
    """The endings of the URIs of the right documents, such as file names."""
    kind: str = ""
    """What is asked for, such as `number` or `how-to`; figures are given by kind."""
    facts: tuple[Fact, ...] = ()
    """What a complete answer says; empty if that is not known."""
    ordered: bool = False
    """Whether the facts must be said in their order, as steps."""
    verdict: str = ""
    """`yes` or `no` for a question that one of them answers."""
    history: tuple[Turn, ...] = ()
    """The conversation before the question."""


def answer_series(gold: Sequence[GoldQuestion], answers: Sequence[Answer]) -> dict[str, Series]:
    """Return each measure over the questions, which must be in the order of the answers.

    A refusal of an answerable question counts as an answer without the right citation.
    """
    pairs = list(zip(gold, answers, strict=True))
    measures = {
        "answer_in_citation": [answer_in_citation(one, answer) for one, answer in pairs],
        "citation_precision": [citation_precision(one, answer) for one, answer in pairs],
        "refused_unanswerable": [NAN if one.answerable else float(answer.refused) for one, answer in pairs],
        "refused_answerable": [float(answer.refused) if one.answerable else NAN for one, answer in pairs],
    }
    confidence = np.array([(answer.confidence, float(one.answerable)) for one, answer in pairs])
    series = {name: Series(np.array(rows), mean) for name, rows in measures.items()}
    return series | {"auroc": Series(confidence.reshape(-1, 2), auroc)}


def answer_in_citation(gold: GoldQuestion, answer: Answer) -> float:
    """Return 1 if the quotes hold a gold answer, ignoring white space and case, else 0.

    Not-a-number if the question has no gold answer.
    """
    if not gold.answerable or not gold.answers:
        return NAN
    quotes = [_packed(citation.quote) for citation in answer.citations]
    wanted = [_packed(text) for text in gold.answers]
    cited = "".join(quotes)
    inside = any(text in cited for text in wanted)
    part = any(len(quote) >= _QUOTE_CHARACTERS and quote in text for quote in quotes for text in wanted)
    return float(inside or part)


def citation_precision(gold: GoldQuestion, answer: Answer) -> float:
    """Return the share of the citations of right documents.

    Not-a-number for an answer without citations and for a question without a right document.
    """
    if not gold.answerable or not gold.documents or not answer.citations:
        return NAN
    return sum(_points_at(citation, gold) for citation in answer.citations) / len(answer.citations)


def _points_at(citation: Citation, gold: GoldQuestion) -> bool:
    return any(citation.uri == name or citation.uri.endswith(f"/{name}") for name in gold.documents)


def _packed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
