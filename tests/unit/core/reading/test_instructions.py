"""Instructions, and questions that are put as one, are known by their first words."""

import pytest

from core.reading.instructions import asks_to_do, is_instruction


@pytest.mark.parametrize(
    "text",
    [
        "Remove the guard and keep the screws.",
        "Then press the green button.",
        "2. Fill out the form.",
        "In the menu bar, select Tools > Board.",
        "When the lamp goes out, please close the valve.",
        "Charge the battery for two hours.",
        "首先关闭主开关。",
        "第三步：拧紧螺栓。",
    ],
)
def test_a_sentence_that_tells_what_to_do_is_an_instruction(text: str) -> None:
    assert is_instruction(text)


@pytest.mark.parametrize(
    "text",
    [
        "The guard is removed by a fitter.",
        "Charge level of the battery",
        "Steam leaves the boiler at 8 bar.",
        "该泵每小时输送 20 立方米。",
    ],
)
def test_a_sentence_that_states_something_is_none(text: str) -> None:
    assert not is_instruction(text)


@pytest.mark.parametrize(
    "question",
    [
        "stop my bus ticket",
        "I want to change the filter of the mixer",
        "please reset the counter",
        "the old printer is offline again. bring it back?",
        "get the oven ready for baking",
    ],
)
def test_a_question_without_a_question_word_may_name_what_is_to_be_done(question: str) -> None:
    assert asks_to_do(question)


@pytest.mark.parametrize(
    "question",
    ["stop button colour", "turn the knob clockwise to open it?", "charge lamp dark", "oil pressure"],
)
def test_keywords_and_questions_for_yes_or_no_ask_for_no_steps(question: str) -> None:
    assert not asks_to_do(question)
