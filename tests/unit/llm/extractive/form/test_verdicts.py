import pytest

from llm.extractive.form.verdicts import verdict_of


@pytest.mark.parametrize(
    ("question", "text", "verdict"),
    [
        ("May I fly above the tank?", "Flights above the tank are not permitted.", "no"),
        ("Can I use my own meeting id?", "Do not use your own meeting id.", "no"),
        ("May trained staff fly the drone?", "Trained staff may fly the drone.", "yes"),
        ("Do I have to take all the leave at once?", "You do not need to take all the leave at once.", "no"),
        ("Must the valve be locked?", "The valve must be locked.", "yes"),
        ("Is a term renewed by itself?", "A term is not renewed by itself.", "no"),
        ("Is the data lost?", "No, the store is designed to keep it.", "no"),
        ("可以把水倒进浓酸吗？", "严禁把水倒进浓酸。", "no"),
        ("加了面板要不要重新调？", "加了面板必须重新调。", "yes"),
    ],
)
def test_a_sentence_that_decides_is_yes_or_no(question: str, text: str, verdict: str) -> None:
    assert verdict_of(question, text, 0.9, 0.9) == verdict


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("May I not fly above the tank?", "Flights above the tank are not permitted."),
        ("Can temps earn credit hours?", "Only staff on flexible schedules can earn credit hours."),
        ("Does the S3 have CAN on board?", "The S3 has no CAN, but it can use a chip that is not on board."),
        ("Should I reboot after mapping?", "You should see two applications."),
        ("May I join?", "Staff may join unless they must install software."),
        ("Can it fly?", "It can fly, but it can never land."),
    ],
)
def test_what_is_limited_or_mixed_decides_nothing(question: str, text: str) -> None:
    assert verdict_of(question, text, 0.9, 0.9) == ""


def test_what_covers_too_little_of_the_question_decides_nothing() -> None:
    question, text = "Must the valve be locked?", "The valve must be locked."
    assert verdict_of(question, text, 0.8, 1.0) == ""
    assert verdict_of(question, "No, never.", 0.0, 0.4) == ""
