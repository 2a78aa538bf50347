"""A follow-up is made whole by what was asked before; a question of its own is left alone."""

import pytest

from retrieval.question.followup import Understood, leaning, understand


def standalone(question, earlier):
    return understand(question, earlier).whole


E42 = "What does fault E-42 on the filler mean?"
GREASE = "How much grease does the main bearing of the filler get?"


@pytest.mark.parametrize(
    ("earlier", "question", "whole"),
    [
        (E42, "And E-43?", "What does fault E-43 on the filler mean?"),
        (E42, "What about E-43 then?", "What does fault E-43 on the filler mean?"),
        (E42, "How do I reset it?", f"How do I reset it? ({E42})"),
        (E42, "How often?", f"How often? ({E42})"),
        (E42, "Why?", f"Why? ({E42})"),
        (E42, "What does that mean for them?", f"What does that mean for them? ({E42})"),
        (E42, "and how is E-43 reset?", "and how is E-43 reset? (What does fault E-43 on the filler mean?)"),
        (
            GREASE,
            "And the labeller?",
            "How much grease does the main bearing of the filler get, the labeller?",
        ),
        ("What is the SKU of the H7 Lite?", "And of the H7?", "What is the SKU of the H7?"),
        ("Where is the log on Windows?", "and on a Mac?", "Where is the log on a Mac?"),
        ("Where is the log on Windows?", "and under Linux?", "Where is the log on Windows, under Linux?"),
        ("What is paid for a weekday on call?", "on a Sunday?", "on a Sunday?"),
        (
            "What is paid for a weekday on call?",
            "And on a Sunday?",
            "What is paid for a weekday on call, on a Sunday?",
        ),
        ("How many days for a donor?", "What about blood?", "How many days for a donor, blood?"),
        ("How long is the leave?", "Is there a maximum?", "Is there a maximum? (How long is the leave?)"),
        ("烧碱的使用温度是多少？", "那酸呢？", "酸的使用温度是多少？"),
        ("液位低于多少会报警？", "高了呢？", "高了，液位低于多少会报警？"),
        (E42, "怎么处理？", f"怎么处理？ ({E42})"),
        ("CMP-201 的排气温度上限是多少？", "那 FIL-101 呢？", "FIL-101 的排气温度上限是多少？"),
        ("E-42 故障应该怎么处理？", "它多久出现一次？", "它多久出现一次？ (E-42 故障应该怎么处理？)"),
        ("E-42 故障应该怎么处理？", "E-43 呢？", "E-43 故障应该怎么处理？"),
    ],
)
def test_a_follow_up_is_made_whole(earlier, question, whole):
    assert standalone(question, [earlier]) == whole


@pytest.mark.parametrize(
    "question",
    [
        "When do carried-over leave days expire?",
        "How much is the on-call allowance for a weekday night?",
        "What is drive fault 0x16040007?",
        "Is it allowed to open the frequency converter?",
        "How many days of leave may be carried over this year?",
        "Is there a bearing that needs no grease?",
        "Who may have another person's lock cut off if they are on holiday and cannot be reached by phone?",
        "printer",
        "皮肤接触烧碱后应该用清水冲洗多长时间？",
        "其他人应该怎么做？",
    ],
)
def test_a_question_of_its_own_is_left_alone(question):
    assert standalone(question, [E42, GREASE]) == question
    assert standalone(question, []) == question


def test_without_a_conversation_nothing_is_leant_on():
    assert standalone("And E-43?", []) == "And E-43?"


def test_follow_ups_lean_on_what_they_lean_on():
    earlier = [GREASE, E42, "And E-43?", "How do I reset it?"]
    assert standalone("How often?", earlier) == "How often? (What does fault E-43 on the filler mean?)"


def test_it_does_not_grow_with_the_conversation():
    earlier = [E42, *["How often?"] * 50]
    assert standalone("Why?", earlier) == f"Why? ({E42})"


def test_what_a_follow_up_names_instead_is_known():
    assert understand("And on a Sunday?", ["What is paid on a weekday?"]).named == "on a Sunday"
    assert understand("那酸呢？", ["烧碱的使用温度是多少？"]).named == "酸"
    assert not understand("How do I reset it?", [E42]).named
    assert not understand(E42, [GREASE]).named


def test_a_short_question_may_lean_on_what_was_asked_before():
    asked = "How long does the decision take?"
    assert leaning(asked, [GREASE]) == Understood(f"{asked} ({GREASE})")
    swapped = Understood(f"{asked} (What does fault E-43 on the filler mean?)")
    assert leaning(asked, [E42, "And E-43?"]) == swapped
    assert leaning(asked, []) is None
    assert leaning(E42, [GREASE]) is None
    assert leaning("Is another person's lock cut off if they cannot be reached by phone?", [GREASE]) is None
