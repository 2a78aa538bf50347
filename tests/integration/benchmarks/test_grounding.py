import pytest

from benchmarks.grounding.report import Asked, at, cells_held, curve_point
from benchmarks.grounding.sets import Asking
from core.permissions import scope_of
from core.values.answers import Answer, AnswerSentence, Citation
from retrieval.judge.answer_evaluation import GoldQuestion

SCOPE = scope_of(None)


def answer(*said: tuple[str, float]) -> Answer:
    citations = tuple(
        Citation(document_id=1, uri="file:///a.md", title="A", version=1, page=None, span=(0, 9), quote=quote)
        for quote, _ in said
    )
    sentences = tuple(AnswerSentence(quote, (place,), support) for place, (quote, support) in enumerate(said))
    confidence = max((support for _, support in said), default=0.0)
    return Answer(
        text="", sentences=sentences, citations=citations, refused=not said, reason="", confidence=confidence
    )


def asked(whole: Answer, without: Answer | None, answers: tuple[str, ...]) -> Asked:
    gold = GoldQuestion(
        id="1", question="What?", answers=answers, answerable=bool(answers), documents=("a.md",)
    )
    return Asked(
        Asking(set="clapnq", gold=gold, whole=SCOPE, without=SCOPE if without else None, cells=()),
        whole,
        without,
    )


def test_the_dial_lets_through_what_is_supported_and_cites_no_more() -> None:
    both = answer(("Sure.", 0.9), ("Unsure.", 0.4))
    assert [one.quote for one in at(both, 0.5).citations] == ["Sure."]
    assert at(both, 0.95).refused
    assert at(both, 0.4).citations == both.citations


@pytest.mark.parametrize(
    ("cells", "held"), [(("$1,305",), 1.0), (("1,305", "Tax"), 1.0), (("1,30",), 0.0), (("1,305", "7"), 0.0)]
)
def test_cells_are_held_as_cells_of_cited_rows(cells: tuple[str, ...], held: float) -> None:
    assert cells_held(cells, answer(("Tax | $ 1,305 | 12", 1.0))) == held


def test_a_point_of_the_curve_counts_whom_the_dial_refuses() -> None:
    questions = [
        asked(answer(("It is red.", 0.9)), answer(("It is near.", 0.6)), ("It is red.",)),
        asked(answer(("It is blue.", 0.8)), answer(("It is near.", 0.2)), ("It is red.",)),
        asked(answer(("It is far.", 0.55)), None, ()),
    ]
    assert curve_point(questions, 0.5) == {
        "min_support": 0.5,
        "refused_unanswerable": 0.0,
        "refused_removed": 0.5,
        "refused_answerable": 0.0,
        "answer_in_citation": 0.5,
        "precision": 0.333,
    }
    assert curve_point(questions, 0.7)["precision"] == 0.5
