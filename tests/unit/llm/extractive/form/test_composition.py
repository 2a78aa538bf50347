"""The form of an answer follows from what is asked, and from what the document made."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes.embedder import FakeEmbedder
from fakes.passages import passage
from unit.llm.extractive.small_documents import heading, item, says, structured

from core.permissions import scope_of
from core.values.answers import DraftSentence, Inquiry, Passage
from core.values.documents import BlockKind
from core.values.forms import BlockForm
from core.values.search import AccessScope
from llm.extractive.generator import ExtractiveGenerator


def equally_rare(words: Sequence[str], scope: AccessScope) -> list[float]:
    return [3.0] * len(words)


def drafted(question: str, *passages: Passage, words: int = 200) -> list[DraftSentence]:
    generator = ExtractiveGenerator(FakeEmbedder(), equally_rare, words)
    inquiry = Inquiry(question=question, scope=scope_of(None))
    return [one for one in generator.draft(inquiry, passages) if isinstance(one, DraftSentence)]


def said(question: str, *passages: Passage, words: int = 200) -> list[str]:
    return [one.text for one in drafted(question, *passages, words=words)]


RESET = structured(
    heading(1, "Drive manual"),
    heading(2, "Cleaning the drive"),
    says("The drive is cleaned with a dry cloth."),
    heading(2, "Resetting the drive"),
    says("DANGER: The link carries 560 V. Wait 5 minutes."),
    says("To reset the drive, follow these steps."),
    item("1. Switch the drive off."),
    item("2. Pull the key S1."),
    says("The lamp goes out."),
    item("3. Switch the drive on."),
    heading(2, "Storage"),
    says("The drive is stored dry."),
)


def test_a_procedure_is_said_whole_in_order_with_its_warning_in_front() -> None:
    answer = drafted("How do I reset the drive?", RESET)
    assert [one.text for one in answer] == [
        "DANGER: The link carries 560 V. Wait 5 minutes.",
        "To reset the drive, follow these steps.",
        "1. Switch the drive off.",
        "2. Pull the key S1.",
        "The lamp goes out.",
        "3. Switch the drive on.",
    ]
    forms = [(one.shape.form, one.shape.is_item, one.shape.depth) for one in answer]
    assert forms[0] == (BlockForm.PARAGRAPH, False, 0)
    assert forms[1:3] == [(BlockForm.STEPS, False, 0), (BlockForm.STEPS, True, 0)]
    assert forms[4] == (BlockForm.STEPS, True, 1)


def test_every_piece_cites_exactly_what_it_says() -> None:
    for one in drafted("How do I reset the drive?", RESET):
        [(number, start, end)] = one.citations
        assert (number, RESET.between(start, end)) == (0, one.text)


CONDITIONS = [f"Condition {letter} for entry holds." for letter in "ABCDEFGH"]
PERMIT = structured(
    heading(1, "Permit"),
    says("Before entry these conditions must hold:"),
    *[item(text) for text in CONDITIONS],
    heading(1, "End"),
    says("The permit ends with the shift."),
)


def test_a_list_is_said_whole() -> None:
    answer = said("Which conditions must hold before entry?", PERMIT)
    assert answer == ["Before entry these conditions must hold:", *CONDITIONS]


def test_a_list_longer_than_the_words_says_how_many_items_follow() -> None:
    answer = drafted("Which conditions must hold before entry?", PERMIT, words=20)
    assert [one.text for one in answer][1:] == CONDITIONS[: len(answer) - 1]
    assert [one.shape.more for one in answer] == [
        *([0] * (len(answer) - 1)),
        len(CONDITIONS) - len(answer) + 1,
    ]
    assert answer[-1].shape.more > 0


@pytest.mark.parametrize(
    ("lead", "question"),
    [
        ("To make the printer feed again, follow these steps.", "How do I make the printer feed again?"),
        ("请按照下列步骤操作打印机。", "打印机怎么操作？"),
    ],
)
def test_a_lead_in_that_ends_in_a_full_stop_keeps_its_steps(lead: str, question: str) -> None:
    steps = ["1. Open it. 打开。", "2. Close it. 关闭。"]
    answer = said(question, structured(heading(1, "Printer"), says(lead), *map(item, steps)))
    assert answer == [lead, *steps]


def test_a_fact_of_a_list_is_said_with_its_lead_in_and_without_the_other_items() -> None:
    limits = structured(
        says("Measured at the kiln:"),
        item("The temperature is 900 °C."),
        item("The pressure of the kiln is 3 bar."),
        item("The draught is 20 Pa."),
    )
    answer = said("What is the pressure of the kiln?", limits)
    assert answer == ["Measured at the kiln:", "The pressure of the kiln is 3 bar."]


def test_a_fact_is_said_with_the_sentence_that_limits_it_and_no_other() -> None:
    leave = structured(
        says(
            "Leave expires on 31 March. But in the first year leave expires on 31 May. "
            "The canteen opens at noon."
        )
    )
    assert said("When does leave expire?", leave)[:2] == [
        "Leave expires on 31 March.",
        "But in the first year leave expires on 31 May.",
    ]
    assert "The canteen opens at noon." not in said("When does leave expire?", leave)


def test_both_sides_of_a_comparison_are_said() -> None:
    lite = structured(
        heading(1, "Board A-10"), says("The board A-10 has a radio of 2 W."), title="Board A-10"
    )
    full = structured(
        heading(1, "Board B-20"),
        says("The board B-20 has a radio of 9 W."),
        document_id=2,
        title="Board B-20",
    )
    answer = said("What is the difference between the board A-10 and the board B-20?", lite, full)
    assert sorted(answer) == ["The board A-10 has a radio of 2 W.", "The board B-20 has a radio of 9 W."]


def test_both_parts_of_a_question_are_answered() -> None:
    text = structured(
        heading(1, "Spill"),
        says("Rinse the skin with water for 15 minutes."),
        heading(1, "Calls"),
        says("After a lye spill phone the plant doctor on number 112."),
    )
    answer = said(
        "How many minutes do I rinse the skin, and which number do I phone after a lye spill?", text
    )
    assert {
        "Rinse the skin with water for 15 minutes.",
        "After a lye spill phone the plant doctor on number 112.",
    } <= {*answer}


def test_steps_that_headings_number_are_said_with_their_text() -> None:
    manual = structured(
        heading(1, "Reset the password"),
        says("This shows how to reset the password of the panel."),
        heading(2, "Step 1: Open the monitor"),
        says("Choose 115200 baud."),
        heading(2, "Step 2: Type passwd"),
        says("Type the new password twice."),
        heading(2, "Checkpoint"),
        says("Log in."),
    )
    answer = drafted("How do I reset the password of the panel?", manual)
    assert [(one.text, one.shape.depth) for one in answer if one.shape.is_item] == [
        ("Step 1: Open the monitor", 0),
        ("Choose 115200 baud.", 1),
        ("Step 2: Type passwd", 0),
        ("Type the new password twice.", 1),
    ]


def test_yes_or_no_stands_in_front_of_the_sentence_that_decides_it() -> None:
    rule = structured(says("Flights above the tank field are not permitted."))
    [answer] = drafted("Are flights above the tank field permitted?", rule)
    assert answer.shape.verdict == "no"
    [plain] = drafted("Where are flights not permitted?", rule)
    assert plain.shape.verdict == ""


def test_what_is_said_with_a_sentence_is_neither_its_contrary_nor_about_another_thing() -> None:
    sites = structured(says("Flights are permitted above yard C2. Flights are not permitted above the tank."))
    assert said("Above which area are flights not permitted?", sites) == [
        "Flights are not permitted above the tank."
    ]
    codes = structured(says("Alarm AL-07: too hot. Alarm AL-17: oil is low, add oil. Alarm AL-70: no link."))
    assert said("Alarm AL-17 oil", codes) == ["Alarm AL-17: oil is low, add oil."]


@pytest.mark.parametrize("question", ["What is said of the Mixer M30?", "搅拌机 M30 的密封圈"])
def test_what_stands_beside_a_sentence_may_be_about_its_neighbour(question: str) -> None:
    mixers = structured(
        heading(1, "Mixers"),
        says("M30. The seal of the mixer 搅拌机 密封圈 is blue. Grease it daily."),
        says("M50. The seal of the mixer 搅拌机 密封圈 is red. Grease it weekly."),
    )
    assert not [text for text in said(question, mixers) if "red" in text or "weekly" in text]
    assert any("blue" in text for text in said(question, mixers))


def test_rows_that_differ_in_their_date_are_two() -> None:
    rows = [
        replace(
            passage(text, start=number * 100, context="Dues\nDay | What"),
            title="Dues",
            kind=BlockKind.ROW,
            score=1.0,
        )
        for number, text in enumerate(["10 May | internal due date", "14 May | official due date"])
    ]
    assert len(said("On which day is the due date?", *rows)) == len(rows)


def test_a_line_inside_code_is_said_with_the_code() -> None:
    code = "$ redis-cli\nDefaulting container name to redis-store.\nUse redis port 6379 of the store pod.\n>"
    shown = structured(heading(1, "Redis"), says("Get a prompt:"), (BlockKind.CODE, 0, code))
    assert said("What is the redis port of the store pod?", shown) == [code]


LADDER = structured(
    heading(1, "Ladder rules"),
    heading(2, "What not to do"),
    item("Stand on the top step of the ladder"),
    item("Carry two loads up the ladder"),
    heading(2, "What to do"),
    item("Check the feet of the ladder"),
)


def test_a_heading_that_forbids_is_said_with_the_items_below_it() -> None:
    lines = said("Should I stand on the top step of the ladder?", LADDER)
    assert lines[:2] == ["What not to do", "Stand on the top step of the ladder"]
    assert said("How do I check the feet of the ladder?", LADDER) == ["Check the feet of the ladder"]


def test_what_is_forbidden_is_not_numbered_as_steps() -> None:
    [first, *_] = drafted("How do I stand on the top step of the ladder?", LADDER)
    assert first.shape.form is BlockForm.LIST


PLAN = structured(
    heading(1, "Sampling plan SP-11"),
    says("Samples are taken at 6:00 from tank 4."),
    says("Footer: SP-11 rev 2"),
    says("Sampling plan SP-11 | Rev. 2 | Page 1 of 3"),
)


def test_a_footer_is_said_only_to_who_asks_for_the_revision() -> None:
    assert said("What about the samples of tank 4?", PLAN) == ["Samples are taken at 6:00 from tank 4."]
    assert "Footer: SP-11 rev 2" in said("Which revision is SP-11?", PLAN)
