from dataclasses import replace

import pytest
from fakes.generator import FakeGenerator
from unit.llm.chat.test_prompt import BOILER, PUMP, passage

from core.errors import EngineClosedError, InputError, RequestTooLongError
from core.values.answers import DraftSentence, Inquiry, Turn
from core.values.documents import BlockKind
from core.values.notices import (
    ANSWER_CUT,
    MODEL_DECLINED,
    PASSAGES_LEFT_OUT,
    TURNS_LEFT_OUT,
    WITHOUT_KERNELS,
    Notice,
)
from core.values.search import AccessScope
from llm.chat.neural import AnswerOptions, NeuralGenerator
from llm.engine.request import Delta, Finish, FinishReason, Priority
from llm.generators import DeferredGenerator


class ScriptedChat:
    """Says a fixed text in pieces of three characters; remembers what it was asked."""

    name = "scripted"
    max_context_tokens = 2000
    guided = True
    notices: tuple[Notice, ...] = ()

    def __init__(self, text, reason=FinishReason.STOP, error=None, piece=3, begins_thinking=False):
        self.text, self.reason, self.error, self.piece = text, reason, error, piece
        self.begins_thinking: bool | None = begins_thinking
        self.requests, self.left_early, self.checked = [], False, 0

    def check(self):
        self.checked += 1

    def count_tokens(self, text):
        return len(text.split())

    def stream(self, request):
        self.requests.append(request)
        try:
            for start in range(0, len(self.text), self.piece):
                yield Delta(self.text[start : start + self.piece])
            if self.error:
                raise self.error
            yield Finish(self.reason)
        except GeneratorExit:
            self.left_early = True
            raise

    def close(self):
        self.text = ""


WHY = Inquiry(question="Why?", scope=AccessScope(frozenset({"user:ann"})))


def said(draft):
    return [sentence for sentence in draft if isinstance(sentence, DraftSentence)]


def noticed(draft):
    return [part for part in draft if isinstance(part, Notice)]


def drafted(text, passages=(BOILER, PUMP), **changes):
    return said(NeuralGenerator(ScriptedChat(text, **changes)).draft(WHY, passages))


def quotes(sentence, passages=(BOILER, PUMP)):
    return [
        passages[place].text[start - passages[place].start : end - passages[place].start]
        for place, start, end in sentence.citations
    ]


def test_each_line_becomes_a_sentence_whose_markers_are_quotes():
    boiler, pump = drafted("The boiler runs at 6 bar. [2]\nThe filter is cleaned monthly. [1]")
    assert boiler.text == "The boiler runs at 6 bar."
    assert quotes(boiler) == ["The boiler runs at 6 bar."]
    assert quotes(pump) == ["Its filter is cleaned monthly."]
    assert boiler.support == 1.0


def test_several_markers_give_several_quotes():
    (both,) = drafted("The boiler runs at 6 bar and the pump delivers 40 l/min. [1][2]")
    assert quotes(both) == ["The pump delivers 40 l/min.", "The boiler runs at 6 bar."]
    assert both.support == 1.0


def test_a_quote_takes_in_the_neighbour_that_it_needs():
    (one,) = drafted("The boiler runs at 6 bar and is checked every week. [2]")
    assert quotes(one) == [BOILER.text]


@pytest.mark.parametrize("marker", ["", "[7]", "[0]", "[9999]", "[x]"])
def test_a_marker_that_was_not_shown_proves_nothing(marker):
    (sentence,) = drafted(f"The boiler runs at 6 bar. {marker}")
    assert sentence.citations == ()
    assert sentence.support == 0


def test_an_invention_has_little_support():
    (sentence,) = drafted("Unicorns dance merrily on Tuesdays. [1]")
    assert sentence.support < 0.2


@pytest.mark.parametrize("text", ["The documents do not say.", "The documents do not say.\nBut look. [1]"])
def test_a_refusal_says_nothing_but_that_it_is_one(text):
    draft = list(NeuralGenerator(ScriptedChat(text)).draft(WHY, [BOILER]))
    assert (said(draft), noticed(draft)) == ([], [MODEL_DECLINED])


def test_a_model_that_repeats_itself_is_heard_once():
    assert [one.text for one in drafted("One. [1]\nTwo. [1]\nOne. [1]\nOne. [1]")] == ["One.", "Two."]


THOUGHT = "The boiler runs at 9 bar. [2]"
ANSWER = "The boiler runs at 6 bar. [2]"


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\n{THOUGHT}\n</think>\n{ANSWER}",
        f"<think>{THOUGHT}</think>{ANSWER}",
        f"<THINKING>{THOUGHT}\n\n</THINKING>\n\n<answer>{ANSWER}</answer>",
        f"[THINK]{THOUGHT}\n[/THINK]{ANSWER}",
        f"◁think▷{THOUGHT}◁/think▷\n{ANSWER}",
        f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
        f"<|begin_of_thought|>\n{THOUGHT}\n<|end_of_thought|>\n{ANSWER}",
        f"{ANSWER}\n<think>{THOUGHT}",
        f"{ANSWER}\n<reasoning>\n{THOUGHT}\n{THOUGHT} And 8 bar. [2]",
    ],
)
def test_what_a_model_thinks_is_no_part_of_its_answer(text):
    assert [one.text for one in drafted(text)] == ["The boiler runs at 6 bar."]


@pytest.mark.parametrize("closing", ["</think>", "</thought>", "[/THINK]", "<unused95>", "assistantfinal"])
@pytest.mark.parametrize("begins", [True, None])
def test_thought_that_the_prompt_opened_ends_at_its_closing_tag(closing, begins):
    text = f"{THOUGHT}\n{THOUGHT} So:\n{closing}\n{ANSWER}"
    assert [one.text for one in drafted(text, begins_thinking=begins)] == ["The boiler runs at 6 bar."]


def test_an_unknown_servers_first_answer_shows_whether_it_begins_with_thought():
    chat = ScriptedChat(f"{ANSWER}\nIts filter is cleaned monthly. [1]", begins_thinking=None)
    generator = NeuralGenerator(chat)
    first = [len(said([part])) for part in generator.draft(WHY, [BOILER, PUMP])]
    assert first[-2:] == [1, 1], "all is held to the end"
    again = [len(said([part])) for part in generator.draft(WHY, [BOILER, PUMP])]
    assert again.index(1) < len(again) - 2, "from then on each sentence comes when it is written"
    thinking = NeuralGenerator(ScriptedChat(f"{THOUGHT}\n</think>\n{ANSWER}", begins_thinking=None))
    for _ in range(2):
        assert [one.text for one in said(thinking.draft(WHY, [BOILER, PUMP]))] == [ANSWER[:-4]]


def test_thought_that_the_limit_cut_off_is_no_answer():
    text = f"{THOUGHT}\n{THOUGHT} And 8 bar. [2]"
    assert drafted(text, begins_thinking=True, reason=FinishReason.LENGTH) == []
    assert len(drafted(text, begins_thinking=True)) == 2, "a model that did not think this time"


def test_a_prompt_that_is_too_long_after_all_is_made_shorter():
    class Strict(ScriptedChat):
        def stream(self, request):
            if len(request.messages[-1].content) > 3000:
                raise RequestTooLongError()
            yield from super().stream(request)

    many = [passage(number, "The boiler runs. " * 30) for number in range(20)]
    draft = list(NeuralGenerator(Strict("The boiler runs. [1]")).draft(WHY, many))
    assert noticed(draft) == [PASSAGES_LEFT_OUT]
    assert [one.text for one in said(draft)] == ["The boiler runs."]
    with pytest.raises(InputError, match="the question exceeds"):
        list(NeuralGenerator(Strict("x [1]")).draft(replace(WHY, question="why " * 900), many))


def test_repeated_words_count_once_in_support():
    (looping,) = drafted("The boiler boiler boiler boiler runs at 6 bar. [2]")
    assert looping.support < 0.7


def test_getting_ready_looks_whether_the_model_can_answer():
    chat = ScriptedChat("")
    NeuralGenerator(chat).warm_up()
    assert chat.checked == 1


def test_a_line_cut_off_by_the_limit_is_left_out():
    assert [one.text for one in drafted("Whole. [1]\nHalf a", reason=FinishReason.LENGTH)] == ["Whole."]
    assert [one.text for one in drafted("Whole. [1]\nAlso whole. [1]", reason=FinishReason.LENGTH)] == [
        "Whole.",
        "Also whole.",
    ]


def test_an_answer_that_reached_the_limit_says_so():
    for text in ("Whole. [1]\nHalf a", "Whole. [1]\nAlso whole. [1]"):
        draft = NeuralGenerator(ScriptedChat(text, reason=FinishReason.LENGTH)).draft(WHY, [BOILER])
        assert noticed(draft) == [ANSWER_CUT]
    assert noticed(NeuralGenerator(ScriptedChat("Whole. [1]")).draft(WHY, [BOILER])) == []


def test_passages_and_turns_that_do_not_fit_are_told_of():
    chat = ScriptedChat("x [1]")
    history = tuple(Turn(f"Question {number}?", "word " * 60) for number in range(30))
    draft = NeuralGenerator(chat).draft(replace(WHY, history=history), [BOILER])
    assert noticed(draft) == [TURNS_LEFT_OUT]
    many = [passage(number, "The boiler runs. " * 60) for number in range(20)]
    assert noticed(NeuralGenerator(chat).draft(WHY, many)) == [PASSAGES_LEFT_OUT]
    assert noticed(NeuralGenerator(chat).draft(WHY, [BOILER, PUMP])) == []


def test_a_passage_too_long_for_any_context_is_told_of():
    row = passage(1, "word " * 3000, kind=BlockKind.ROW)
    assert list(NeuralGenerator(ScriptedChat("x")).draft(WHY, [row])) == [PASSAGES_LEFT_OUT]


def test_what_a_chat_model_does_without_stands_in_each_answer():
    chat = ScriptedChat("One. [1]")
    chat.notices = (WITHOUT_KERNELS,)
    assert noticed(NeuralGenerator(chat).draft(WHY, [BOILER])) == [WITHOUT_KERNELS]


def test_sentences_come_while_the_model_still_writes_and_leaving_cancels():
    chat = ScriptedChat("One. [1]\nTwo. [1]\nThree. [1]")
    draft = NeuralGenerator(chat).draft(WHY, [BOILER])
    first = next(sentence for sentence in draft if sentence is not None)
    assert first.text == "One."
    draft.close()
    assert chat.left_early


def test_a_reader_may_leave_before_the_first_sentence_is_whole():
    chat = ScriptedChat("A long sentence that is still being written. [1]")
    draft = NeuralGenerator(chat).draft(WHY, [BOILER])
    assert next(draft) is None
    draft.close()
    assert chat.left_early


def test_a_row_is_quoted_whole():
    row = passage(1, "M8 | 25 Nm | dry", kind=BlockKind.ROW)
    (sentence,) = drafted("M8 takes 25 Nm. [1]", [row])
    assert quotes(sentence, [row]) == [row.text]


def test_no_passages_no_words_and_no_question_to_the_model():
    chat = ScriptedChat("Something. [1]")
    assert list(NeuralGenerator(chat).draft(WHY, [])) == []
    assert chat.requests == []


def test_scopes_share_prefixes_only_if_they_are_equal():
    chat = ScriptedChat("x [1]")
    generator = NeuralGenerator(chat)
    for principals in ({"user:a", "group:b"}, {"group:b", "user:a"}, {"user:a"}, set()):
        list(generator.draft(Inquiry(question="Why?", scope=AccessScope(frozenset(principals))), [BOILER]))
    salts = [request.salt for request in chat.requests]
    assert salts[0] == salts[1]
    assert len(set(salts)) == 3
    assert all(salts), "an empty salt would part askers of equal scope"


def test_what_was_said_before_who_waits_and_the_adapter_reach_the_model():
    chat = ScriptedChat("x [1]")
    generator = NeuralGenerator(chat, AnswerOptions(adapter="tax"))
    history = (Turn("What is P-12?", "A pump."),)
    list(generator.draft(replace(WHY, history=history, background=True), [BOILER]))
    list(generator.draft(WHY, [BOILER]))
    night, day = chat.requests
    assert [message.content for message in night.messages][2:] == ["A pump.", "Question: Why?"]
    assert {request.adapter for request in chat.requests} == {"tax"}
    assert (night.priority, day.priority) == (Priority.BACKGROUND, Priority.INTERACTIVE)


def test_a_back_end_without_grammars_gets_none():
    chat = ScriptedChat("The boiler runs at 6 bar. [1]")
    chat.guided = False
    assert len(said(NeuralGenerator(chat).draft(WHY, [BOILER]))) == 1
    assert chat.requests[0].guide is None


OTHER = DraftSentence("From the other.", (), 1.0)


def test_a_deferred_generator_is_loaded_once_with_the_first_question_and_closed():
    loaded = []

    def load():
        loaded.append(FakeGenerator(OTHER))
        return loaded[-1]

    generator = DeferredGenerator("engine", load)
    assert loaded == []
    for _ in range(2):
        assert said(generator.draft(WHY, [BOILER])) == [OTHER]
    generator.warm_up()
    assert len(loaded) == 1
    generator.close()
    assert loaded[0].closed
    with pytest.raises(EngineClosedError):
        list(generator.draft(WHY, [BOILER]))


def test_closing_what_was_never_needed_loads_nothing():
    generator = DeferredGenerator("engine", lambda: pytest.fail("loaded"))
    generator.close()
