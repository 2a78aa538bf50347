"""Two documents that say different numbers of one thing are set beside each other; nothing else is."""

from dataclasses import replace

import pytest
from fakes.passages import passage

from core.store.documents.supersession import Successor
from core.values.answers import Answer, Citation, Passage
from core.values.metadata import NONE
from core.values.notices import MORE_DISAGREE, Notice
from retrieval.disagreement import disagreements, in_force, with_disagreements

OLD = "The main bearing of the filler gets 60 g of grease every 500 hours."


def of(document: int, text: str) -> Passage:
    return passage(text, document_id=document)


def cited(text: str = OLD) -> Citation:
    one = of(1, text)
    return one.cite(one.start, one.end)


@pytest.mark.parametrize(
    "text",
    [
        "The main bearing of the filler gets 40 g of grease every 250 hours.",
        "Since June, the filler's main bearing gets 40 g of grease every 250 hours.",
        "Intro text. The main bearing of the filler gets 40 g of grease every 500 hours. More.",
    ],
)
def test_other_numbers_of_one_thing_are_shown(text: str) -> None:
    [found] = disagreements([cited()], [of(1, OLD), of(2, text)])
    assert (found.citation, found.other.document_id) == (0, 2)
    assert "grease" in found.other.quote


@pytest.mark.parametrize(
    "text",
    [
        OLD,
        "The main bearing of the labeller belt is checked every 40 shifts and every 250 days.",
        "The filler is cleaned every 250 hours with 40 g of soap.",
        "Grease: 40 g.",
        "The main bearing of the filler gets grease.",
    ],
)
def test_what_is_said_of_something_else_is_no_disagreement(text: str) -> None:
    assert disagreements([cited()], [of(1, OLD), of(2, text)]) == ()


SEAL = "Grease the shaft seal every 200 hours."


def under(document: int, title: str, text: str, *headings: str) -> Passage:
    context = " > ".join((title, *headings))
    return replace(passage(text, document_id=document, context=context), title=title)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Mixer M30",), ("Mixer M50",)),
        (("Operating manual CMP-201", "Maintenance"), ("Operating manual CMP-301", "Maintenance")),
        (("Manual", "Mixer Alpha"), ("Handbook", "Mixer Beta")),
        (("Handbook", "Sick leave"), ("Policy", "Annual leave")),
    ],
)
def test_one_models_interval_does_not_contradict_anothers(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    mine, theirs = (
        under(1, one[0], SEAL, *one[1:]),
        under(2, other[0], SEAL.replace("200", "350"), *other[1:]),
    )
    said = mine.cite(mine.start, mine.end)
    assert disagreements([said], [mine, theirs]) == ()
    same = under(2, f"{one[0]}, revision 5", SEAL.replace("200", "350"), *one[1:])
    assert disagreements([said], [mine, same]) != ()


def test_sick_leave_does_not_contradict_annual_leave() -> None:
    sick, annual = (
        of(number, f"You will earn {hours} hours of {kind} leave in a leave year.")
        for number, hours, kind in ((1, 104, "sick"), (2, 56, "annual"))
    )
    assert disagreements([sick.cite(sick.start, sick.end)], [sick, annual]) == ()


def test_who_repeats_one_citation_does_not_disagree_with_another() -> None:
    rule = "You can request up to 240 hours of advanced sick leave."
    example = "Therefore, you can request up to 104 advanced sick leave hours."
    mine, theirs = of(1, f"{rule} {example}"), of(2, rule)
    said = [mine.cite(0, len(rule)), mine.cite(len(rule) + 1, len(mine.text))]
    assert disagreements(said, [mine, theirs]) == ()
    assert disagreements(said[1:], [mine, theirs]) != ()


def test_two_codes_are_two_things() -> None:
    one = "Fault E-42 stops the filler for 5 seconds and lights the lamp."
    other = "Fault E-43 stops the filler for 9 seconds and lights the lamp."
    assert disagreements([cited(one)], [of(2, other)]) == ()
    assert disagreements([cited(one)], [of(2, one.replace("5 s", "9 s"))])


@pytest.mark.parametrize(("others", "shown", "notices"), [(3, 3, ()), (4, 3, (MORE_DISAGREE,))])
def test_more_disagreements_than_are_shown_are_told_of(
    others: int, shown: int, notices: tuple[Notice, ...]
) -> None:
    answer = Answer(text=OLD, sentences=(), citations=(cited(),), refused=False, reason="", confidence=1.0)
    passages = [of(number, OLD.replace("60", str(number))) for number in range(2, 2 + others)]
    answer = with_disagreements(answer, passages, {})
    assert (len(answer.disagreements), answer.notices) == (shown, notices)


def test_one_document_may_say_both() -> None:
    assert disagreements([cited()], [of(1, OLD.replace("60", "40"))]) == ()


def test_nothing_is_taken_from_a_document_whose_successor_was_found() -> None:
    passages = [of(number, f"text {number}") for number in (1, 2, 3)]
    by = {
        1: Successor(document_id=3, uri="fake:3", title="Three", metadata=NONE),
        2: Successor(document_id=9, uri="fake:9", title="Nine", metadata=NONE),
    }
    assert [one.document_id for one in in_force(passages, by)] == [2, 3]
