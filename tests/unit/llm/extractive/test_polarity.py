import pytest

from llm.extractive.polarity import is_contrary


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Above which area are drone flights not permitted?", "Flights are permitted above yard A."),
        ("In which halls may the forklift not be used?", "The forklift may be used in hall 2."),
        ("Who may fly the drone?", "The drone may not be flown by visitors."),
        ("Above which yards are flights permitted?", "Flights are not permitted above the tank field."),
        ("Which parts are not covered by the warranty?", "The warranty covers the motor."),
        ("哪些区域禁止吸烟？哪里不允许？", "在露台可以吸烟。"),
        ("谁可以进入机房？", "访客不得进入机房。"),
    ],
)
def test_the_contrary_of_what_is_asked_is_no_answer(question: str, text: str) -> None:
    assert is_contrary(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Above which area are drone flights not permitted?", "Flights are not permitted above the tank."),
        ("In which halls may the forklift not be used?", "It may be used in hall 2 but not in hall 4."),
        ("Who may fly the drone?", "The drone may be flown by trained staff."),
        ("May I fly above the tank?", "Flights are not permitted above the tank."),
        ("How can I open the cover?", "Never open the cover while it runs."),
        ("What do I do if the pump does not start?", "Start the pump again."),
        ("Which parts are not covered by the warranty?", "Seals are not covered."),
        ("谁可以进入机房？", "持证人员可以进入机房。"),
        ("What is the torque?", "Never exceed 85 Nm."),
    ],
)
def test_what_agrees_or_is_no_permission_may_answer(question: str, text: str) -> None:
    assert not is_contrary(question, text)
