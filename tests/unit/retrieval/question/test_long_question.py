from collections.abc import Sequence

import pytest

from retrieval.question.long_question import Asked, boiled_down

COMMON = {"hall", "night", "shift", "noth", "troubl", "first", "thought", "month", "round", "back"}


def weigh(words: Sequence[str]) -> list[float]:
    return [1.0 if word in COMMON else 5.0 if len(word) > 7 else 2.0 for word in words]


STORY = (
    "Good morning, this is the packing hall, line 2. Since the night shift took over we have had nothing but "
    "trouble. First we thought that it was the network again, because last month somebody had pulled the "
    "cable, but the lamp is green. Then Petra tried the update, and after half of the bar it stopped and the "
    "display now shows fault 0x80070643. We switched it off and on twice. What should we do? Many thanks!"
)


def test_of_a_story_what_it_names_and_what_it_asks_is_left() -> None:
    left = boiled_down(STORY, weigh).whole
    assert "0x80070643" in left
    assert "What should we do?" in left
    assert "Good morning" not in left
    assert "thanks" not in left
    assert len(left) < len(STORY) / 2


def test_a_sentence_must_answer_what_is_asked_of_the_name_and_not_the_story() -> None:
    assert boiled_down(STORY, weigh).wanted == "0x80070643 What should we do?"


def test_a_story_without_a_name_keeps_its_rarest_words() -> None:
    story = STORY.replace("fault 0x80070643", "an unidentifiable symbol")
    left = boiled_down(story, weigh).whole
    assert "an unidentifiable symbol" in left
    assert "What should we do?" in left


def test_a_chinese_story_is_boiled_down_too() -> None:
    filler = "昨天夜班接班以后车间里一直很乱，大家都很忙。" * 8
    left = boiled_down(f"您好。{filler}打印机显示故障 E-42，更新停止。请问应该怎么办？谢谢。", weigh).whole
    assert "E-42" in left
    assert "请问应该怎么办？" in left
    assert len(left) < 200


@pytest.mark.parametrize("question", ["What should we do?", "PPR-1777", "泵站压力是多少？", ""])
def test_a_short_question_stays_as_it_is(question: str) -> None:
    assert boiled_down(question, weigh) == Asked(question, question)


def test_ten_thousand_characters_without_an_end_are_cut() -> None:
    left = boiled_down("word " * 4000, weigh).whole
    assert len(left) <= 1000
