"""What the answer before said does not answer what is asked next of another thing."""

from fakes.passages import passage

from core.permissions import scope_of
from core.values.answers import Inquiry, Turn
from llm.extractive.candidates import candidates
from llm.extractive.conversation import not_said_before

WEEKDAY, SUNDAY = "A weekday night on call is paid EUR 38.", "A Sunday on call is paid EUR 62."
BOTH = "A weekday is paid EUR 38 and a Sunday EUR 62."


def left(text: str, answer: str, named: str) -> list[str]:
    inquiry = Inquiry(question="", scope=scope_of(None), history=(Turn("", answer),), named=named)
    return [one.text for one in not_said_before(candidates([passage(text)]), inquiry)]


def test_what_was_said_of_another_thing_is_not_said_again() -> None:
    assert left(f"{WEEKDAY} {SUNDAY}", "EUR 38", "on a Sunday") == [SUNDAY]
    assert left(f"{WEEKDAY} {SUNDAY}", WEEKDAY, "on a Sunday") == [SUNDAY]
    assert left("平日值班 38 元。周日值班 62 元。", "平日值班 38 元。", "周日") == ["周日值班 62 元。"]


def test_a_word_that_begins_with_the_new_one_names_it() -> None:
    both = "The log is in /var on Linux and in /Users on macOS."
    assert left(both, "/var on Linux", "on a Mac") == [both]
    assert left("低于 35 % 报警，高于 85 % 报警。", "低于 35 %", "高了") == [
        "低于 35 % 报警，高于 85 % 报警。"
    ]


def test_a_sentence_about_both_things_stays() -> None:
    assert left(BOTH, "EUR 38", "on a Sunday") == [BOTH]


def test_without_a_new_thing_or_an_answer_everything_stays() -> None:
    assert left(WEEKDAY, WEEKDAY, "") == [WEEKDAY]
    assert left(WEEKDAY, "", "on a Sunday") == [WEEKDAY]
