"""Answers of chat models: what is proven is said, also without marks; what is lost is made good and told."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pytest
from fakes.generator import FakeGenerator
from fakes.passages import passage
from structlog.testing import capture_logs
from unit.retrieval.test_answer import Shelf

from core.errors import (
    DeadlineExceededError,
    EngineFullError,
    GenerationFailedError,
    ModelError,
    ServerDownError,
)
from core.permissions import scope_of
from core.settings import RetrievalSettings
from core.values.answers import Answer, DraftSentence, Inquiry, Passage
from core.values.forms import BlockForm, Shape
from core.values.notices import (
    ANSWER_CUT,
    BESIDE_THE_QUESTION,
    BY_EXTRACTION,
    MODEL_DECLINED,
    MODEL_STOPPED,
    NOTHING_PROVEN,
    Notice,
)
from llm.extractive.candidates import Candidate, candidates
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.support import support
from llm.generator import Draft
from retrieval.answer import Answerer
from retrieval.writing.events import Found, Said, Writing
from retrieval.writing.model_sentences import ModelSentences

PUMP = passage(
    "Wait at least 5 minutes before the housing is opened. Pump P-7 runs at 2900 rpm.\nIt weighs 41 kg.",
    context="Pump manual > Opening the housing",
)
VALVE = passage("Valve V-11 is tightened with 18 N·m.", document_id=2, context="Valve manual > Torques")
BOTH = (PUMP, VALVE)
OWN = DraftSentence("Valve V-11 is tightened with 18 N·m.", ((1, 0, 36),), 0.8)


class Reader(FakeGenerator):
    """Says its drafts, and finds that the sentences with `answering` in them answer."""

    name = "extractive"

    def __init__(self, *drafts: DraftSentence, answering: str = "", verdict: str = "") -> None:
        super().__init__(*drafts)
        self._answering, self._verdict = answering, verdict

    def weighed(
        self, inquiry: Inquiry, passages: Sequence[Passage]
    ) -> tuple[list[tuple[Candidate, SentenceEvidence]], tuple[Notice, ...]]:
        found = [one for one in candidates(passages) if self._answering in one.text]
        return [(one, of_an_answer()) for one in found], ()

    def verdict_on(self, inquiry: Inquiry, text: str, above: str) -> str:
        return self._verdict


class Model(FakeGenerator):
    """A chat model that says its drafts and then fails with `error`, if there is one."""

    name = "model"

    def __init__(self, *parts: DraftSentence | Notice, error: Exception | None = None) -> None:
        super().__init__()
        self._parts, self._error = parts, error

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        yield None
        yield from self._parts
        if self._error:
            raise self._error


def of_an_answer(by_likeness: bool = False) -> SentenceEvidence:
    values: dict[str, Any] = {one.name: 1.0 - by_likeness for one in fields(SentenceEvidence)}
    values |= {"likeness": 1.0, "identifies_what_was_asked": True}
    return SentenceEvidence(**values)


def wrote(text: str, *citations: tuple[int, int, int], **shape: Any) -> DraftSentence:
    return DraftSentence(text, citations, 1.0 if citations else 0.0, Shape(**shape), written=True)


def ask(model: Model, reader: Reader | None = None, question: str = "How fast is it?") -> Answer:
    reader = reader or Reader(OWN)
    answerer = Answerer(Shelf(BOTH), model, RetrievalSettings(), None, lambda: reader)
    return answerer.answer(question, scope_of("ann"))


def held(text: str, *citations: tuple[int, int, int], question: str = "What is to be done?") -> str:
    inquiry = Inquiry(question=question, scope=scope_of("ann"))
    found = ModelSentences(inquiry, BOTH, Reader(answering=""), None).held(wrote(text, *citations))
    return found.proof.said.text if found else ""


@pytest.mark.parametrize(
    "text", ["Wait at least 5 minutes before the housing is opened.", "Pump P-7 runs at 2900 rpm."]
)
def test_what_a_model_says_without_marks_is_attributed_to_what_proves_it(text: str) -> None:
    answer = ask(Model(wrote(text)))
    assert answer.text == text
    assert [answer.citations[place].quote for place in answer.sentences[0].citations] == [text]
    assert [sentence.attributed for sentence in answer.sentences] == [True]


def test_a_mark_that_proves_the_sentence_is_the_models_own() -> None:
    answer = ask(Model(wrote("Pump P-7 runs at 2900 rpm.", (0, 54, 80))))
    assert [sentence.attributed for sentence in answer.sentences] == [False]


def test_a_wrong_mark_is_replaced_by_the_one_that_proves_the_sentence() -> None:
    answer = ask(Model(wrote("Pump P-7 runs at 2900 rpm.", (1, 0, 36))))
    assert [citation.document_id for citation in answer.citations] == [PUMP.document_id]
    assert answer.sentences[0].attributed


@pytest.mark.parametrize(
    "text",
    [
        "Pump P-7 runs at 9200 rpm.",
        "Do not wait before the housing is opened.",
        "Valve V-12 is tightened with 18 N·m.",
    ],
)
def test_a_contradiction_is_attributed_to_nothing(text: str) -> None:
    assert held(text) == ""
    assert ask(Model(wrote(text)), Reader()).refused


def test_an_attributed_sentence_must_answer_the_question_too() -> None:
    elsewhere = Reader(OWN, answering="18 N·m")
    answer = ask(Model(wrote("Pump P-7 runs at 2900 rpm.")), elsewhere)
    assert answer.text == OWN.text
    assert answer.notices == (NOTHING_PROVEN,)


@pytest.mark.parametrize(
    "text",
    [
        "Opening the housing", "Opening the housing.", "Pump manual", "Pump manual > Opening the housing",
        "4.2 Opening the housing", "**Torques**", "Pump manual > Opening the housing > 2.",
        "Document 1 Pump manual", "Document 2",
    ],
)  # fmt: skip
def test_a_heading_is_no_answer(text: str) -> None:
    assert held(text) == held(text, (0, 0, len(PUMP.text))) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Pump P-7 runs at 2900 rpm Pump P-7 runs at 2900 rpm.",
        "5 minutes, 5 minutes, 5 minutes.",
        "Is the pump opened?",
        "Pump P-7's speed.",
    ],
)
def test_loops_questions_and_the_question_itself_are_no_answers(text: str) -> None:
    assert held(text, (0, 0, len(PUMP.text)), question="What is the speed of pump P-7?") == ""


@pytest.mark.parametrize(
    "text",
    [
        "The passage is about pump P-7.",
        "The passages: 1.",
        "This passage is: Opening the housing.",
        "Question: the housing is opened.",
        "该段落涉及泵。",
    ],
)
def test_a_sentence_about_the_prompt_is_no_answer(text: str) -> None:
    assert held(text, (0, 0, len(PUMP.text))) == ""


@pytest.mark.parametrize("text", ["5 minutes.", "At least 5 minutes", "5 minutes wait"])
def test_a_fragment_is_said_as_the_sentence_that_it_was_taken_from(text: str) -> None:
    whole = "Wait at least 5 minutes before the housing is opened."
    assert held(text) == held(text, (0, 0, 53)) == whole


def test_what_is_left_of_a_sentence_after_a_cut_must_be_more_than_a_fragment() -> None:
    assert held("The pump is 41 kg, as every purple unicorn in the yard knows.", (0, 0, len(PUMP.text))) == ""


def test_a_choice_is_decided_by_words_of_the_question() -> None:
    said = "Valve V-11 is tightened with 18 N·m."
    assert held(said, (1, 0, 36), question="Is valve V-11 tightened with 18 N·m?") == said
    assert held(said, (1, 0, 36), question="What is tightened with 18 N·m, valve V-11 or V-12?") == said


@pytest.mark.parametrize(("decided", "spoken"), [("yes", "yes"), ("no", ""), ("", "")])
def test_a_verdict_is_spoken_only_if_the_sentence_decides_it(decided: str, spoken: str) -> None:
    model = Model(wrote("Pump P-7 runs at 2900 rpm.", (0, 54, 80), verdict="yes"))
    answer = ask(model, Reader(verdict=decided), "Does pump P-7 run at 2900 rpm?")
    assert (answer.verdict, answer.sentences[0].text) == (spoken, "Pump P-7 runs at 2900 rpm.")


def test_each_item_of_a_list_is_held_to_its_source() -> None:
    steps: dict[str, Any] = {"form": BlockForm.STEPS, "is_item": True}
    answer = ask(
        Model(
            wrote("Wait at least 5 minutes before the housing is opened.", (0, 0, 53), **steps),
            wrote("Wait at most 2 minutes before the housing is opened.", (0, 0, 53), **steps),
            wrote("Valve V-11 is tightened with 18 N·m.", (1, 0, 36), **steps),
        )
    )
    (block,) = answer.blocks
    assert (block.kind, [item.text[:5] for item in block.items]) == (BlockForm.STEPS, ["Wait ", "Valve"])
    assert "1 more" in block.more


def test_where_nothing_is_proven_the_documents_own_sentences_step_in_and_say_so() -> None:
    with capture_logs() as logs:
        answer = ask(Model(wrote("Unicorns dance."), ANSWER_CUT))
    assert (answer.text, answer.notices) == (OWN.text, (NOTHING_PROVEN,))
    assert [one["event"] for one in logs] == ["generator.replaced"]


TRUE = wrote("Pump P-7 runs at 2900 rpm.", (0, 54, 80))


def test_what_is_true_but_answers_nothing_gives_way_to_what_answers() -> None:
    told: list[str] = []

    def hear(event: Found | Said | Writing) -> None:
        told.extend([event.sentence.text] if isinstance(event, Said) else [])

    reader = Reader(OWN, answering="18 N·m")
    answerer = Answerer(Shelf(BOTH), Model(TRUE), RetrievalSettings(), None, lambda: reader)
    answer = answerer.answer("How tight?", scope_of("ann"), hear)
    assert (answer.text, answer.notices) == (OWN.text, (BESIDE_THE_QUESTION,))
    assert told == [OWN.text], "the other was not told before it was known to answer"


def test_what_is_true_but_answers_nothing_is_no_answer_where_nothing_else_is() -> None:
    answer = ask(Model(TRUE), Reader(answering="18 N·m"))
    assert (answer.refused, answer.notices) == (True, (BESIDE_THE_QUESTION,))


def test_the_confidence_of_a_chat_models_answer_is_that_of_what_it_cites() -> None:
    faint = of_an_answer(by_likeness=True)

    class Faint(Reader):
        def weighed(
            self, inquiry: Inquiry, passages: Sequence[Passage]
        ) -> tuple[list[tuple[Candidate, SentenceEvidence]], tuple[Notice, ...]]:
            return [(one, faint) for one in candidates(passages)], ()

    answer = ask(Model(TRUE), Faint())
    assert answer.confidence == pytest.approx(support(faint), abs=1e-4)
    assert answer.confidence < answer.sentences[0].support


def test_one_sentence_that_answers_lets_those_before_and_behind_it_be_said() -> None:
    torque = wrote(OWN.text, (1, 0, 36))
    answer = ask(Model(TRUE, torque, wrote("It weighs 41 kg.", (0, 81, 97))), Reader(answering="18 N·m"))
    assert [one.text[:5] for one in answer.sentences] == ["Pump ", "Valve", "It we"]


def test_a_model_that_says_nothing_at_all_is_replaced_but_not_one_that_declines() -> None:
    assert ask(Model()).text == OWN.text
    declined = ask(Model(MODEL_DECLINED))
    assert (declined.refused, declined.notices) == (True, (MODEL_DECLINED,))


@pytest.mark.parametrize("error", [GenerationFailedError("x"), ServerDownError("x"), DeadlineExceededError()])
def test_a_model_that_fails_before_its_first_sentence_is_replaced(error: Exception) -> None:
    answer = ask(Model(ANSWER_CUT, error=error))
    assert (answer.text, answer.notices) == (OWN.text, (BY_EXTRACTION,))


@pytest.mark.parametrize("error", [GenerationFailedError("x"), ServerDownError("x"), DeadlineExceededError()])
def test_a_model_that_dies_in_the_middle_leaves_what_it_has_proven(error: Exception) -> None:
    answer = ask(Model(wrote("Pump P-7 runs at 2900 rpm.", (0, 54, 80)), error=error))
    assert answer.text == "Pump P-7 runs at 2900 rpm."
    assert answer.notices == (MODEL_STOPPED,)


def test_a_model_that_dies_with_nothing_proven_is_replaced() -> None:
    answer = ask(Model(wrote("Unicorns dance."), error=GenerationFailedError("x")))
    assert (answer.text, answer.notices) == (OWN.text, (BY_EXTRACTION,))


@pytest.mark.parametrize("error", [EngineFullError(retry_after_seconds=3), ModelError("no model")])
def test_a_busy_model_and_one_that_cannot_be_loaded_are_errors(error: Exception) -> None:
    with pytest.raises(type(error)):
        ask(Model(error=error))
