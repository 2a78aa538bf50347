"""The forms in which a chat model writes: paragraphs, steps, lists, rows, verdicts, and their marks."""

import pytest

from core.values.forms import BlockForm
from llm.chat.written import Form, whole_sentences


def read(text):
    form = Form()
    found = [one for line in text.split("\n") for one in form.line(line)]
    return [*found, *form.finish()]


def shapes(text):
    return [(one.text, one.shape.block, one.shape.form.value, one.shape.is_item) for one in read(text)]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("It runs. [1]", {1}),
        ("It runs [1].", {1}),
        ("It runs.[1][3]", {1, 3}),
        ("It runs. [1, 3]", {1, 3}),
        ("It runs. [1] [3]", {1, 3}),
        ("It runs. 【1†source】", {1}),
        ("It runs. [passage 3]", {3}),
        ("It runs.", set()),
        ("It runs. [x]", set()),
    ],
)
def test_marks_are_read_as_models_write_them(text, marks):
    (one,) = read(text)
    assert one.text.rstrip(".") == "It runs"
    assert one.marks == marks


def test_a_sentence_ends_at_its_full_stop_and_shares_the_marks_behind_the_next():
    first, second, third = read("It runs at 6.5 bar. It is checked. [1] It is old [2].")
    assert (first.text, first.marks) == ("It runs at 6.5 bar.", {1})
    assert (second.text, second.marks) == ("It is checked.", {1})
    assert (third.text, third.marks) == ("It is old", {2})
    assert len({one.shape.block for one in (first, second, third)}) == 1


def test_steps_keep_their_order_and_what_leads_to_them():
    said = shapes("Do this:\n1. Close the valve. [1]\n2. Open the drain. [1]\n\nIt takes an hour. [2]")
    assert said == [
        ("Do this:", 0, "steps", False),
        ("Close the valve.", 0, "steps", True),
        ("Open the drain.", 0, "steps", True),
        ("It takes an hour.", 1, "paragraph", False),
    ]


def test_items_below_an_item_are_deeper_and_of_its_list():
    first, below, last = read("- Valve [1]\n  - Seat [1]\n- Pump [2]")
    assert [one.shape.depth for one in (first, below, last)] == [0, 1, 0]
    assert {one.shape.form for one in (first, below, last)} == {BlockForm.LIST}
    assert len({one.shape.block for one in (first, below, last)}) == 1


def test_two_lists_are_two_blocks():
    assert [block for _, block, _, _ in shapes("1. A\n2. B\nThen:\n1. C\n- D")] == [0, 0, 1, 1, 2]


def test_a_lead_in_that_leads_to_nothing_is_a_paragraph():
    assert shapes("Do this:\nClose it. [1]") == [
        ("Do this:", 0, "paragraph", False), ("Close it.", 1, "paragraph", False),
    ]  # fmt: skip
    assert shapes("Do this:") == [("Do this:", 0, "paragraph", False)]


@pytest.mark.parametrize("row", ["Code: E-42; Meaning: Low; Stops: 3 [1]", "| E-42 | Low. See 3. | [1]"])
def test_a_row_is_one_whatever_stands_in_its_cells(row):
    ((text, _, form, _),) = shapes(row)
    assert form == "row"
    assert "3" in text


@pytest.mark.parametrize(
    ("text", "verdict", "rest"),
    [
        ("Yes. It is allowed. [1]", "yes", "It is allowed."),
        ("No, it is forbidden. [1]", "no", "It is forbidden."),
        ("**Answer:** Yes, it is. [1]", "yes", "It is."),
        ("Yes.\nIt is allowed. [1]", "yes", "It is allowed."),
        ("是。可以使用。[1]", "yes", "可以使用。"),
        ("Nein. Es ist verboten. [1]", "no", "Es ist verboten."),
        ("Sì. È permesso. [1]", "yes", "È permesso."),
        ("No. 5 is closed. [1]", "", "No. 5 is closed."),
        ("Nobody may. [1]", "", "Nobody may."),
    ],
)
def test_a_verdict_stands_in_front_of_what_bears_it_out(text, verdict, rest):
    first = read(text)[0]
    assert (first.shape.verdict, first.text) == (verdict, rest)


def test_only_the_first_sentence_carries_the_verdict():
    assert [one.shape.verdict for one in read("Yes. It is. [1] It is old. [1]")] == ["yes", ""]


@pytest.mark.parametrize(
    "opening",
    [
        "The answer is: ",
        "Answer: ",
        "According to the passages, ",
        "Based on the document [1], ",
        "答案：",
        "根据文件，",
    ],
)
def test_what_stands_in_front_of_an_answer_is_no_part_of_it(opening):
    assert read(f"{opening}5 minutes.")[0].text == "5 minutes."


def test_headings_and_rules_of_markdown_are_not_said():
    assert [one.text for one in read("## Boiler\n---\n|---|---|\nIt runs. [1]")] == ["It runs."]


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("It runs. It is che", "It runs."),
        ("It runs. [1] It is", "It runs. [1]"),
        ("It is che", ""),
        ("It runs.", "It runs."),
        ("阀门关闭。水泵", "阀门关闭。"),
    ],
)
def test_of_a_line_that_was_cut_off_whole_sentences_are_left(line, whole):
    assert whole_sentences(line) == whole
