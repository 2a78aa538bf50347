import pytest

from core.reading.question_parts import parts_of, sides_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "unpaid leave: how many weeks, and how many when I look after a soldier?",
            ["unpaid leave: how many weeks", "unpaid leave: how many when I look after a soldier?"],
        ),
        (
            "The pump is on. Why is it hot, and what should I do?",
            ["The pump is on. Why is it hot", "The pump is on. what should I do?"],
        ),
        (
            "What voltage goes into the jack, and is plus inside?",
            ["What voltage goes into the jack", "is plus inside? (What voltage goes into the jack)"],
        ),
        ("碱液溅到皮肤上要冲多久，打哪个电话？", ["碱液溅到皮肤上要冲多久", "打哪个电话？"]),
        ("How many days of leave do I get?", []),
        ("Who opens and closes the valve?", []),
    ],
)
def test_a_question_is_parted_where_a_new_one_begins(question: str, parts: list[str]) -> None:
    assert [part.question for part in parts_of(question)] == parts


def test_a_part_is_named_as_it_was_written() -> None:
    assert [part.name for part in parts_of("The pump is on. Why is it hot, and when does it stop?")] == [
        "The pump is on. Why is it hot",
        "when does it stop?",
    ]


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Compare the lathe with the mill.", ["the lathe", "the mill"]),
        ("E-43 和 E-44 有什么不一样？", ["E-43", "E-44"]),
        ("What is the difference between variable day and variable week?", ["variable day", "variable week"]),
        ("family leave versus sick leave - how long is each?", ["family leave", "sick leave"]),
        ("What happens to comp time and to credit hours if I leave?", ["comp time", "credit hours"]),
        ("Which voltage for an Uno and which one for a MKR board?", ["an Uno", "a MKR board"]),
        ("How long are records kept: of lock-outs, and of checks?", ["lock-outs", "checks"]),
        ("standard, compressed, flexible: which of them is paid?", ["standard", "compressed", "flexible"]),
        ("数据会丢吗？浅睡和深睡各怎样", ["浅睡", "深睡"]),
        ("漏了 3 升和漏了 8 升，处理上有什么不同？", ["漏了 3 升", "漏了 8 升"]),
        ("What differs?", []),
        ("Who opens and closes the valve?", []),
        ("What must I bring to the gate and how do I get there?", []),
    ],
)
def test_the_things_that_are_set_side_by_side_are_known(question: str, sides: list[str]) -> None:
    assert [side.name for side in sides_of(question)] == sides


def test_each_side_has_a_question_of_its_own() -> None:
    questions = [side.question for side in sides_of("What happens to comp time and to credit hours if I go?")]
    assert questions == ["What happens to comp time if I go?", "What happens to credit hours if I go?"]
