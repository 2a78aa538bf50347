from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from fakes.generator import FakeGenerator
from fakes.passages import passage

from core.events import ignore
from core.permissions import scope_of
from core.settings import RetrievalSettings
from core.store.documents.supersession import Successor
from core.text.labels import EVERYTHING, SearchFilter
from core.values.answers import Answer, DraftSentence, Inquiry, Passage, Turn
from core.values.notices import Notice
from core.values.rich_text import Mark
from core.values.search import AccessScope
from llm.generator import Draft
from retrieval.answer import NOT_FOUND, TOO_LITTLE, Answerer
from retrieval.search import Results, Searcher
from retrieval.writing.events import Found, OnAnswerEvent, Said, Writing

PUMP = passage("Pump P-7 runs at 2900 rpm. It weighs 41 kg.", document_id=1)
VALVE = passage("Valve V-11 is tightened with 18 N·m.", document_id=2)
SPEED = DraftSentence("Pump P-7 runs at 2900 rpm.", ((0, 0, 26),), 0.9)
TORQUE = DraftSentence("Valve V-11 is tightened with 18 N·m.", ((1, 0, 36),), 0.8)
LIE = DraftSentence("Pump P-7 runs at 9900 rpm.", ((0, 0, 26),), 0.99)
NOWHERE = DraftSentence("Pump P-7 runs at 2900 rpm.", ((0, 500, 526),), 0.99)


class Shelf(Searcher):
    """A searcher that finds the same passages for every question."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = list(passages)
        self.asked: list[tuple[str, AccessScope, int]] = []

    def search(
        self,
        question: str,
        scope: AccessScope,
        limit: int,
        reach: int = 0,
        within: SearchFilter = EVERYTHING,
    ) -> Results:
        self.asked.append((question, scope, limit))
        return Results(self.passages[:limit])

    def term_weights(self, asked: Sequence[str], scope: AccessScope) -> list[float]:
        return [1.0 for _ in asked]

    def in_english(self, question: str) -> str:
        return "How fast is P-7?" if question == "P-7 的转速是多少？" else ""

    def respelled(self, question: str, scope: AccessScope) -> str:
        return question.replace("fats", "fast")

    def successors(self, passages: Sequence[Passage], scope: AccessScope) -> dict[int, Successor]:
        return {}

    def unread(self, titles: Mapping[int, str], scope: AccessScope) -> tuple[Notice, ...]:
        return ()


def ask(
    *drafts: DraftSentence,
    passages: Sequence[Passage] = (PUMP, VALVE),
    on_event: OnAnswerEvent = ignore,
    **settings: float,
) -> Answer:
    answerer = Answerer(Shelf(passages), FakeGenerator(*drafts), RetrievalSettings(**settings))
    return answerer.answer("How fast is P-7?", scope_of("ann"), on_event)


def test_a_misspelled_question_is_searched_for_and_answered_as_it_is_understood() -> None:
    shelf, generator = Shelf([PUMP]), FakeGenerator(SPEED)
    answerer = Answerer(shelf, generator, RetrievalSettings())
    assert answerer.answer("How fats is P-7?", scope_of("ann")).understood == "How fast is P-7?"
    assert [question for question, *_ in shelf.asked] == ["How fast is P-7?"]
    assert [question for question, _ in generator.heard] == ["How fast is P-7?"]


class Elsewhere(Shelf):
    """A searcher that finds the pump only if the question names it."""

    def search(self, question: str, *args: Any, **options: Any) -> Results:
        found = super().search(question, *args, **options)
        return found if "P-7" in question else Results([])


@pytest.mark.parametrize(("earlier", "refused"), [("How fast is P-7?", False), ("Who is it?", True)])
def test_a_short_question_without_an_answer_is_asked_of_what_was_spoken_of(
    earlier: str, refused: bool
) -> None:
    shelf = Elsewhere([PUMP])
    answerer = Answerer(shelf, FakeGenerator(SPEED), RetrievalSettings())
    answer = answerer.answer(
        "What is the greatest rotational speed?", scope_of("ann"), history=(Turn(earlier, ""),)
    )
    assert answer.refused == refused


def test_sentences_keep_their_order_and_point_at_their_proofs() -> None:
    answer = ask(SPEED, TORQUE)
    assert answer.text == "Pump P-7 runs at 2900 rpm.\nValve V-11 is tightened with 18 N·m."
    assert [sentence.citations for sentence in answer.sentences] == [(0,), (1,)]
    assert [citation.quote for citation in answer.citations] == [SPEED.text, TORQUE.text]
    assert (answer.refused, answer.reason, answer.found) == (False, "", ())
    assert answer.confidence == 0.9
    assert [sentence.support for sentence in answer.sentences] == [0.9, 0.8]


def test_a_proof_that_two_sentences_share_stands_once() -> None:
    again = DraftSentence("P-7 runs at 2900 rpm.", SPEED.citations, 0.5)
    answer = ask(SPEED, again)
    assert [sentence.citations for sentence in answer.sentences] == [(0,), (0,)]
    assert len(answer.citations) == 1


@pytest.mark.parametrize("lie", [LIE, NOWHERE])
def test_a_generator_that_lies_is_refused(lie: DraftSentence) -> None:
    answer = ask(lie)
    assert answer.refused
    assert (answer.text, answer.sentences, answer.citations) == ("", (), ())
    assert answer.confidence == 0.0, "a sentence without a checked citation does not count"


def test_a_lie_between_two_truths_is_left_out() -> None:
    assert ask(SPEED, LIE, TORQUE).text == f"{SPEED.text}\n{TORQUE.text}"


def test_an_answers_text_holds_no_link_and_keeps_marks_as_a_tree() -> None:
    marked = DraftSentence(
        "[Pump P-7](//evil.io) runs at **2900 rpm**![](//evil.io/s).", SPEED.citations, 0.9
    )
    answer = ask(marked)
    [sentence] = answer.sentences
    assert answer.text == sentence.text == SPEED.text
    assert [(span.text, span.mark) for span in sentence.spans] == [
        ("Pump P-7 runs at ", Mark.PLAIN),
        ("2900 rpm", Mark.STRONG),
        (".", Mark.PLAIN),
    ]


def test_what_the_source_does_not_say_is_cut_out_of_the_answer() -> None:
    more = DraftSentence("Pump P-7 runs at 2900 rpm, per board order.", SPEED.citations, 0.9)
    events: list[Found | Said | Writing] = []
    assert ask(more, on_event=events.append).text == SPEED.text
    assert [event.sentence.text for event in events if isinstance(event, Said)] == [SPEED.text]


def test_too_little_support_is_refused_with_what_came_nearest() -> None:
    weak = DraftSentence(SPEED.text, SPEED.citations, 0.29)
    answer = ask(weak, min_support=0.3)
    assert (answer.refused, answer.reason, answer.text) == (True, TOO_LITTLE, "")
    [nearest, *_] = answer.found
    assert (nearest.quote, nearest.marks[0]) == (PUMP.text, (0, len(SPEED.text)))
    assert answer.confidence == 0.29
    assert not ask(weak, min_support=0.29).refused


def test_a_silent_generator_is_refused_with_the_best_passages() -> None:
    answer = ask()
    assert (answer.refused, answer.reason) == (True, TOO_LITTLE)
    assert [citation.quote for citation in answer.found] == [PUMP.text, VALVE.text]


def test_nothing_found_is_said_so() -> None:
    answer = ask(SPEED, passages=())
    assert (answer.refused, answer.reason, answer.found) == (True, NOT_FOUND, ())


def test_what_is_told_on_the_way_adds_up_to_the_answer() -> None:
    events: list[Found | Said | Writing] = []
    answer = ask(SPEED, LIE, TORQUE, on_event=events.append)
    assert events[0] == Found((PUMP, VALVE))
    said = [event for event in events[1:] if isinstance(event, Said)]
    assert tuple(event.sentence for event in said) == answer.sentences
    assert tuple(citation for event in said for citation in event.new_citations) == answer.citations


def test_a_listener_that_leaves_stops_the_work() -> None:
    def leave(event: Found | Said | Writing) -> None:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        ask(SPEED, on_event=leave)


def test_the_search_is_asked_under_the_askers_scope_for_as_many_as_the_settings_say() -> None:
    shelf, generator = Shelf([PUMP, VALVE]), FakeGenerator()
    Answerer(shelf, generator, RetrievalSettings(passages=1)).answer("How fast?", scope_of("ann"))
    assert shelf.asked == [("How fast?", scope_of("ann"), 1)]
    assert generator.heard == [("How fast?", (PUMP,))]


def test_the_stages_times_add_up() -> None:
    timings = ask(SPEED).timings
    assert timings["total_ms"] == pytest.approx(timings["search_ms"] + timings["generate_ms"], abs=0.01)


class OfEnglish(FakeGenerator):
    """Answers English questions alone."""

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        if inquiry.question.isascii():
            yield from super().draft(inquiry, passages)


def test_a_refused_chinese_question_is_asked_in_english_words() -> None:
    events = list[Found | Said | Writing]()
    answerer = Answerer(Shelf([PUMP]), OfEnglish(SPEED), RetrievalSettings())
    answer = answerer.answer("P-7 的转速是多少？", scope_of("ann"), events.append)
    assert (answer.text, answer.understood) == (SPEED.text, "How fast is P-7?")
    assert isinstance(events[-2], Found)
    refused = answerer.answer("P-7 的颜色是什么？", scope_of("ann"))
    assert (refused.refused, refused.understood) == (True, "")
