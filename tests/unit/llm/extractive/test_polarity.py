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


@pytest.mark.parametrize(
    ("question", "text", "above"),
    [
        ("Which cleaner is forbidden for the lathe?", "It may be cleaned with vinegar.", ""),
        ("What should not be put on the bearings?", "The bearings are lubricated with oil.", ""),
        ("What must the Dryer WA2.5 not be cleaned with?", "WA2.5: soapy water", "Clean with"),
        ("磨机禁止用哪种润滑剂？", "XA280: 白醋", "可用清洁剂"),
        ("What may the dryer be cleaned with?", "WA250: acetone", "Do not clean with"),
        ("What are the bearings lubricated with?", "Do not lubricate the bearings with vaseline.", ""),
        ("lubricant for the bearings", "WA250: vaseline", "Do not lubricate with"),
        ("轴承用什么润滑？", "轴承不得用石墨粉润滑。", ""),
        ("WA250 允许 清洁剂", "严禁用丙酮清洁。", ""),
    ],
)
def test_what_stands_above_says_whether_it_is_allowed(question: str, text: str, above: str) -> None:
    assert is_contrary(question, text, above)


@pytest.mark.parametrize(
    ("question", "text", "above"),
    [
        ("Which cleaner is forbidden for the lathe?", "WA250: acetone", "Do not clean with"),
        ("Which cleaner is forbidden for the lathe?", "Acetone attacks the seals.", ""),
        ("磨机不能用什么清洁？", "丙酮", "以下清洁剂严禁使用："),
        ("What must I do before I restart?", "Do not restart before it has cooled.", ""),
        ("What should I do when the pump should not start?", "Open the valve.", ""),
        ("Why is acetone not allowed?", "It dissolves the paint.", ""),
        ("打印机不能打印是什么原因？", "纸盒是空的。", ""),
    ],
)
def test_what_agrees_with_what_stands_above_may_answer(question: str, text: str, above: str) -> None:
    assert not is_contrary(question, text, above)
