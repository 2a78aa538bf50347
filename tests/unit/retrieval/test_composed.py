"""The form of an answer, put together from what passed the citation check."""

from collections.abc import Sequence

from fakes.passages import passage

from core.values.answers import AnswerSentence
from core.values.forms import AnswerBlock, BlockForm, Shape
from retrieval.composed import Shaped, blocks_of, markers, text_of

TEXT = "Do this: Open it. Close it. Wait. 第一步。"
CITATIONS = [passage(TEXT, pages=((0, 3),)).cite(start, start + 4) for start in range(0, 20, 4)]


def said(*entries: tuple[str, Shape]) -> list[Shaped]:
    return [
        Shaped(AnswerSentence(text=text, citations=(number,)), shape)
        for number, (text, shape) in enumerate(entries)
    ]


def text(shaped: Sequence[Shaped], blocks: Sequence[AnswerBlock], verdict: str = "") -> str:
    return text_of(blocks, [one.sentence for one in shaped], verdict)


def step(words: str, depth: int = 0, more: int = 0) -> tuple[str, Shape]:
    return words, Shape(block=1, form=BlockForm.STEPS, is_item=True, depth=depth, more=more)


LEAD = ("Do this:", Shape(block=1, form=BlockForm.STEPS))


def test_steps_look_like_steps_and_each_keeps_its_proof() -> None:
    shaped = said(LEAD, step("Open it."), step("Mind the edge.", depth=1), step("Close it."))
    [block] = blocks_of(shaped, CITATIONS, [])
    assert (block.kind, block.text, block.citations, block.more) == (BlockForm.STEPS, "Do this:", (0,), "")
    assert [(item.text, item.citations, item.depth) for item in block.items] == [
        ("Open it.", (1,), 0),
        ("Mind the edge.", (2,), 1),
        ("Close it.", (3,), 0),
    ]
    assert text(shaped, [block]) == "Do this:\n1. Open it.\n  - Mind the edge.\n2. Close it."


def test_an_item_that_its_document_numbers_gets_no_second_number() -> None:
    [block] = blocks_of(said(step("3. Close it."), step("Step 4: Wait."), step("Go.")), CITATIONS, [])
    assert markers(block) == ["", "", "3. "]


def test_a_list_that_is_not_whole_says_so_and_where_the_rest_is() -> None:
    shaped = said(LEAD, step("Open it.", more=4))
    [block] = blocks_of(shaped, CITATIONS, [])
    assert block.more == "4 more of this list: “Document 1”, page 3."
    assert text(shaped, [block]).endswith(block.more)


def test_an_item_that_failed_the_check_is_counted_among_those_that_follow() -> None:
    [block] = blocks_of(said(LEAD, step("Open it.")), CITATIONS, [1, 1, 0])
    assert block.more.startswith("2 more")


def test_blocks_keep_their_order_and_the_verdict_stands_in_front() -> None:
    shaped = said(("Never do this.", Shape(verdict="no")), LEAD, step("Open it."))
    blocks = blocks_of(shaped, CITATIONS, [])
    assert [block.kind for block in blocks] == [BlockForm.PARAGRAPH, BlockForm.STEPS]
    assert [block.sentences for block in blocks] == [(0,), (1, 2)]
    assert text(shaped, blocks, "no").split("\n")[:2] == ["No.", "Never do this."]
