from dataclasses import fields, replace

import pytest

from llm.extractive.evidence import SentenceEvidence
from llm.extractive.support import READ, UNREAD, Weights, relevance, support

NOTHING = SentenceEvidence(
    likeness=None,
    with_headings=0.0,
    around=0.0,
    distinct=0.0,
    characters=0.0,
    document=0.0,
    missing=1.0,
    missing_section=1.0,
    name_missing=False,
    measure=0.0,
    passage=0.1,
    rank=0.2,
    passage_likeness=0.0,
    best_likeness=0.1,
    lead=-0.5,
    title=0.0,
    label=0.0,
    length=1.0,
    fits=-1.0,
    defines=False,
    looked_up=False,
    explains=False,
    own_language=True,
    named=False,
    identifies_what_was_asked=True,
)
ALL = replace(
    NOTHING,
    with_headings=1.0,
    around=1.0,
    distinct=1.0,
    characters=1.0,
    document=1.0,
    missing=0.0,
    missing_section=0.0,
    passage=1.0,
    rank=1.0,
    passage_likeness=0.8,
    best_likeness=0.8,
    lead=0.5,
    title=1.0,
    fits=1.0,
)


@pytest.mark.parametrize("weights", [READ, UNREAD])
def test_each_weight_is_of_a_measure(weights: Weights) -> None:
    known = {field.name for field in fields(SentenceEvidence)}
    assert weights.relevance.keys() | weights.support.keys() <= known
    if weights is UNREAD:
        assert "likeness" not in weights.relevance.keys() | weights.support.keys()


@pytest.mark.parametrize(("none", "much"), [(None, None), (0.0, 0.8)])
def test_what_says_nothing_has_no_support_and_what_says_all_has_much(
    none: float | None, much: float | None
) -> None:
    little, all_of_it = replace(NOTHING, likeness=none), replace(ALL, likeness=much)
    assert support(little) < 0.05
    assert support(all_of_it) > 0.9
    assert relevance(little) < relevance(all_of_it)


@pytest.mark.parametrize("likeness", [None, 0.3])
def test_a_row_that_was_looked_up_by_its_name_is_worth_more(likeness: float | None) -> None:
    row = replace(NOTHING, likeness=likeness)
    found = replace(row, looked_up=True)
    assert support(found) > support(row)
    assert relevance(found) > relevance(row)


def test_what_does_not_name_the_thing_asked_for_has_no_support() -> None:
    assert support(replace(ALL, identifies_what_was_asked=False)) == 0.0


@pytest.mark.parametrize("likeness", [None, 0.5])
def test_a_section_without_the_measure_that_is_asked_for_has_less_support(likeness: float | None) -> None:
    held, lacking = (replace(ALL, likeness=likeness, measure=value) for value in (1.0, -1.0))
    assert support(lacking) < support(held)


def test_a_row_of_the_thing_asked_for_without_the_measure_is_no_answer() -> None:
    row = replace(NOTHING, likeness=0.5, looked_up=True)
    assert support(replace(row, measure=-1.0)) < 0.45 < support(replace(row, measure=1.0))


def test_a_name_that_the_document_lacks_takes_support_away() -> None:
    asked = replace(ALL, likeness=0.5)
    assert support(replace(asked, name_missing=True)) < support(asked)
