import math

import pytest

from core.values.answers import Answer, Citation
from retrieval.judge.answer_evaluation import (
    GoldQuestion,
    answer_in_citation,
    answer_series,
    citation_precision,
)


def gold(*answers: str, answerable: bool = True, documents: tuple[str, ...] = ("pump.md",)) -> GoldQuestion:
    return GoldQuestion(
        id="q", question="How fast?", answers=answers, answerable=answerable, documents=documents
    )


def cited(quote: str, uri: str = "folder:shelf/pump.md") -> Citation:
    return Citation(
        document_id=1, uri=uri, title="Pump", version=1, page=None, span=(0, len(quote)), quote=quote
    )


def answer(*citations: Citation, confidence: float = 0.5) -> Answer:
    return Answer(
        text="", sentences=(), citations=citations, refused=not citations, reason="", confidence=confidence
    )


def test_an_answer_counts_wherever_it_stands_in_what_is_cited() -> None:
    assert answer_in_citation(gold("2900 RPM"), answer(cited("It runs at 2900\nrpm."))) == 1.0
    assert answer_in_citation(gold("1400 rpm", "2900 rpm"), answer(cited("at 2900 rpm"))) == 1.0
    assert answer_in_citation(gold("1400 rpm"), answer(cited("at 2900 rpm"))) == 0.0


def test_a_long_quote_inside_a_longer_answer_counts_too() -> None:
    long = "The pump runs at 2900 rpm while the valve is open and the tank is full."
    assert answer_in_citation(gold(long), answer(cited(long[:60]))) == 1.0
    assert answer_in_citation(gold(long), answer(cited("The pump"))) == 0.0


def test_a_refusal_holds_no_answer_and_an_unanswerable_question_has_none_to_hold() -> None:
    assert answer_in_citation(gold("2900"), answer()) == 0.0
    assert math.isnan(answer_in_citation(gold(answerable=False), answer(cited("2900"))))


def test_citation_precision_is_the_share_of_citations_of_a_right_document() -> None:
    right, wrong = cited("x"), cited("y", "folder:shelf/big-pump.md")
    assert citation_precision(gold("x"), answer(right, wrong)) == 0.5
    assert citation_precision(gold("x", documents=("other/pump.md",)), answer(right)) == 0.0
    assert math.isnan(citation_precision(gold("x"), answer()))


def test_refusals_and_confidence_are_counted_apart_for_what_has_an_answer() -> None:
    questions = [gold("x"), gold("x"), gold(answerable=False), gold(answerable=False)]
    answers = [answer(cited("x"), confidence=0.9), answer(), answer(confidence=0.1), answer(cited("x"))]
    figures = {name: one.value for name, one in answer_series(questions, answers).items()}
    assert figures == {
        "answer_in_citation": 0.5,
        "citation_precision": 1.0,
        "refused_unanswerable": 0.5,
        "refused_answerable": 0.5,
        "auroc": pytest.approx(0.875),
    }
