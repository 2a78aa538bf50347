import math
from dataclasses import replace

import pytest

from core.values.answers import Answer
from retrieval.judge.answer_evaluation import GoldQuestion
from retrieval.judge.completeness import completeness_series, count_words, judge, verdict_of

STEPS = GoldQuestion(
    id="1",
    question="How is it cleaned?",
    answers=(),
    answerable=True,
    documents=(),
    kind="how-to",
    facts=(("unplug",), ("wipe",)),
    ordered=True,
)
UNKNOWN = replace(STEPS, id="2", answerable=False, facts=(), ordered=False)
WHETHER = replace(STEPS, kind="yes-no", facts=(("30 days",),), ordered=False, verdict="no")


def answer(text: str) -> Answer:
    return Answer(text=text, sentences=(), citations=(), refused=not text, reason="", confidence=0.5)


@pytest.mark.parametrize(
    ("text", "said", "complete", "wrong"),
    [
        ("Unplug it, then wipe it.", 1.0, 1.0, 0.0),
        ("Wipe it after you unplug it.", 1.0, 0.0, 0.0),
        ("Unplug it.", 0.5, 0.0, 0.0),
        ("It is red.", 0.0, 0.0, 1.0),
        ("", 0.0, 0.0, 0.0),
    ],
)
def test_an_answer_is_complete_with_all_its_steps_in_order(
    text: str, said: float, complete: float, wrong: float
) -> None:
    judged = judge(STEPS, answer(text))
    assert (judged.facts_said, judged.complete, judged.wrong) == (said, complete, wrong)


def test_any_answer_to_a_question_without_one_is_wrong() -> None:
    assert judge(UNKNOWN, answer("It is red.")).wrong == 1.0
    assert judge(UNKNOWN, answer("")).wrong == 0.0
    assert math.isnan(judge(UNKNOWN, answer("")).complete)


def test_the_opposite_verdict_is_wrong_whatever_else_is_said() -> None:
    judged = judge(WHETHER, answer("Yes: within 30 days."))
    assert (judged.complete, judged.verdict_right, judged.wrong) == (0.0, 0.0, 1.0)
    judged = judge(WHETHER, answer("No, within 30 days."))
    assert (judged.complete, judged.verdict_right, judged.wrong) == (1.0, 1.0, 0.0)
    judged = judge(WHETHER, answer("Only within 30 days."))
    assert (judged.complete, judged.verdict_right, judged.wrong) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("**Yes.** It may.", "yes"),
        ("No: it may not.", "no"),
        ("不可以。绝不允许", "no"),
        ("可以，请参考", "yes"),
        ("No impact since another one sends it.", ""),
        ("不支持外挂", ""),
        ("Nothing is known.", ""),
        ("", ""),
    ],
)
def test_a_verdict_is_a_clause_of_its_own(text: str, verdict: str) -> None:
    assert verdict_of(text) == verdict


def test_figures_are_given_by_kind_over_the_questions_they_apply_to() -> None:
    answers = [answer("Unplug it, then wipe it."), answer("It is red."), answer("")]
    measured = completeness_series([STEPS, UNKNOWN, WHETHER], answers)
    assert {name: one.value for name, one in measured.items()} == {
        "facts_said": 0.5,
        "complete": 0.5,
        "complete how-to": 1.0,
        "complete yes-no": 0.0,
        "verdict_right": 0.0,
        "wrong": pytest.approx(1 / 3),
        "words_p50": 4.0,
        "words_p95": pytest.approx(4.9),
    }


def test_words_of_both_languages_are_counted() -> None:
    assert count_words("Set P12 to 3.0 s") == 5
    assert count_words("关闭阀门 HV-101C。") == 3
