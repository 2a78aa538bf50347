import math
from collections import Counter

import pytest

from benchmarks.answers.neighbours import cases, outcome
from benchmarks.neighbours.layouts import REPORT, TRAIN, Layout
from benchmarks.neighbours.manuals import KINDS, Asked, manual, questions
from core.values.answers import Answer
from retrieval.judge.facts import find, fold

NEIGHBOURS = (("M50", "15 N·m"), ("M70", "18 N·m"))
ASKED = Asked(question="How tight is M30?", right="14 N·m", wrong=NEIGHBOURS, name="M30")
FORBIDDEN = Asked(
    question="What not on M30?", right="acetone", wrong=(("M50", "steam"),), name="M30", contrary="alcohol"
)
UNKNOWN = Asked(question="How tight is M31?", right="", wrong=NEIGHBOURS)


def answer(text: str) -> Answer:
    return Answer(text=text, sentences=(), citations=(), refused=not text, reason="", confidence=0.5)


@pytest.mark.parametrize(
    ("asked", "text", "right", "wrong"),
    [
        (ASKED, "Tighten to 14 N·m.", 1.0, 0.0),
        (ASKED, "M30: tighten to 14 N·m.\nTighten to 18 N·m.", 1.0, 1.0),
        (ASKED, "Torque; M30: 14 N·m; M50: 15 N·m; M70: 18 N·m", 1.0, 0.0),
        (ASKED, "Torque; M50: 15 N·m; M70: 18 N·m", 0.0, 1.0),
        (ASKED, "Tighten to 114 N·m.", 0.0, 0.0),
        (ASKED, "", 0.0, 0.0),
        (FORBIDDEN, "Clean it with alcohol.", 0.0, 1.0),
        (FORBIDDEN, "Clean it with alcohol, never with acetone.", 1.0, 0.0),
    ],
)
def test_a_neighbours_value_is_wrong_unless_it_is_said_as_its_own_beside_the_right_one(
    asked: Asked, text: str, right: float, wrong: float
) -> None:
    found = outcome(asked, answer(text))
    assert (found.right_said, found.wrong_said) == (right, wrong)


def test_any_value_is_wrong_for_what_the_manual_does_not_contain() -> None:
    assert outcome(UNKNOWN, answer("Tighten to 15 N·m.")).wrong_said == 1.0
    refused = outcome(UNKNOWN, answer(""))
    assert (refused.wrong_said, refused.refused_unanswerable) == (0.0, 1.0)
    assert math.isnan(refused.right_said)


def test_the_parts_have_other_layouts_and_enough_questions_of_each_kind_and_language() -> None:
    assert TRAIN.keys().isdisjoint(REPORT)
    for part in ("train", "report"):
        asked = list(cases(part))
        assert len(asked) >= 500
        assert len({one.asked.question for one in asked}) == len(asked)
        spread = Counter((one.kind, one.language) for one in asked)
        assert len(spread) == 2 * len(KINDS)
        assert len(set(spread.values())) == 1
    assert list(cases("train")) == list(cases("train"))


@pytest.mark.parametrize("layout", [*TRAIN.values(), *REPORT.values()])
@pytest.mark.parametrize("kind", KINDS)
def test_every_value_stands_in_the_manual_and_no_other_one_equals_it(layout: Layout, kind: str) -> None:
    for language in ("en", "zh"):
        of = manual(7, kind, language)
        text = fold("\n".join(layout(of).values()))
        for one in questions(of, 9):
            values = [value for _, value in one.wrong]
            assert one.right not in values
            assert all(find(value, text) >= 0 for value in (one.right, *values) if value)


def test_ranges_contain_the_names_that_are_asked_for() -> None:
    of = manual(3, "code", "en", ranges=True)
    for thing in of.things:
        first, last = (int(name.rpartition("-")[2]) for name in thing.shown.split(" to "))
        assert first < int(thing.asked.rpartition("-")[2]) < last
