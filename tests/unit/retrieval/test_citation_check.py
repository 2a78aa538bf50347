from dataclasses import replace

import pytest
from fakes.passages import passage
from hypothesis import given
from hypothesis import strategies as st
from unit.llm.extractive.small_documents import heading, item, says, structured
from unit.retrieval.claims.test_check import OF_THE_ISSUE

from core.values.answers import Citation, DraftSentence, Passage
from core.values.documents import BlockKind
from retrieval.citation_check import proven

TEXT = "Pump P-7 runs at 2900 rpm. Its bearing gets 35 g of grease every 400 hours."
GREASE = (27, len(TEXT))


def checked_citations(draft: DraftSentence, passages: list[Passage]) -> tuple[Citation, ...]:
    found = proven(draft, passages)
    return found.citations if found else ()


def draft(text: str, *citations: tuple[int, int, int]) -> DraftSentence:
    return DraftSentence(text, citations, support=1.0)


def test_a_sentence_that_stands_in_its_quote_is_cited() -> None:
    shown = [
        passage("Nothing of use here."),
        passage(TEXT, document_id=2, start=100, pages=((0, 1), (110, 2))),
    ]
    start, end = GREASE[0] + 100, GREASE[1] + 100
    [citation] = checked_citations(
        draft("The bearing gets 35 g of grease every 400 hours.", (1, start, end)), shown
    )
    assert citation.document_id == 2
    assert citation.span == (start, end)
    assert citation.quote == "Its bearing gets 35 g of grease every 400 hours."
    assert citation.page == 2


@pytest.mark.parametrize(("heading", "proven_too"), [("Pump P-7", True), ("Pump P-8", False)])
def test_the_heading_above_a_sentence_may_stand_in_front(heading: str, proven_too: bool) -> None:
    shown = [passage(TEXT, context="Manual > Pumps > Pump P-7")]
    said = draft(f"{heading}: Its bearing gets 35 g of grease every 400 hours.", (0, *GREASE))
    assert bool(checked_citations(said, shown)) is proven_too


@pytest.mark.parametrize(
    "citation",
    [
        (1, *GREASE),  # a passage that was not shown
        (-1, *GREASE),
        (0, GREASE[0], len(TEXT) + 1),  # beyond its end
        (0, -1, 20),
        (0, 20, 20),  # nothing
        (0, 40, 30),
    ],
)
def test_a_citation_that_points_nowhere_is_dropped(citation: tuple[int, int, int]) -> None:
    assert checked_citations(draft("Its bearing gets 35 g of grease.", citation), [passage(TEXT)]) == ()


def test_one_bad_citation_does_not_spoil_a_good_one() -> None:
    both = draft("Its bearing gets 35 g of grease.", (5, 0, 3), (0, *GREASE), (0, *GREASE))
    assert [citation.span for citation in checked_citations(both, [passage(TEXT)])] == [GREASE]


@pytest.mark.parametrize(
    "lie",
    [
        "Its bearing gets 53 g of grease every 400 hours.",  # another number
        "The bearing of P-8 gets 35 g of grease every 400 hours.",  # another pump
        "The operator must call the supplier before touching the bearing.",  # other words
        "",
        "?!",
    ],
)
def test_a_sentence_that_its_quote_does_not_support_is_not_said(lie: str) -> None:
    assert checked_citations(draft(lie, (0, *GREASE)), [passage(TEXT)]) == ()


def test_a_sentence_without_citations_is_not_said() -> None:
    assert checked_citations(draft("Pump P-7 runs at 2900 rpm."), [passage(TEXT)]) == ()


def test_what_stands_elsewhere_in_the_passage_does_not_support_the_quote() -> None:
    assert checked_citations(draft("Pump P-7 runs at 2900 rpm.", (0, *GREASE)), [passage(TEXT)]) == ()


def test_the_headings_above_the_quote_support_it_and_those_of_others_do_not() -> None:
    said = draft("Grease for pump P-7: 35 g every 400 hours.", (0, 0, 21))
    row = "35 g every 400 hours."
    assert checked_citations(said, [passage(row, context="Pump P-7 > Grease")])
    assert not checked_citations(said, [passage(row), passage("x", context="Pump P-7 > Grease")])


@pytest.mark.parametrize(("lie", "source"), OF_THE_ISSUE)
def test_what_the_issue_found_is_dropped_with_its_citation(lie: str, source: str) -> None:
    assert proven(draft(lie, (0, 0, len(source))), [passage(source)]) is None


def test_a_sentence_word_for_word_is_said_whatever_the_rules_read_in_it() -> None:
    odd = "No, not if, unless 5 of never all: must not may | only before after 9 bar."
    found = proven(draft(odd, (0, 0, len(odd))), [passage(odd)])
    assert found is not None
    assert found.said.text == odd


def test_half_a_sentence_is_not_word_for_word() -> None:
    text = "Under no circumstances is it true that the lid may be opened under pressure."
    assert proven(draft("The lid may be opened under pressure.", (0, 0, len(text))), [passage(text)]) is None
    tail = "the lid may be opened under pressure."
    assert proven(draft(tail, (0, 0, len(text))), [passage(text)]) is None


def test_a_row_is_said_in_the_words_of_its_head() -> None:
    row = replace(passage("Lid bolts | 84", context="Torques\nPart | Torque (N·m)"), kind=BlockKind.ROW)
    for said in ("Part: Lid bolts; Torque (N·m): 84", "The lid bolts get 84 N·m."):
        assert proven(draft(said, (0, 0, 14)), [row]) is not None
    assert proven(draft("The lid bolts get 48 N·m.", (0, 0, 14)), [row]) is None


def test_a_row_of_one_cell_is_word_for_word_with_its_head() -> None:
    row = replace(passage("Lid bolts", context="Service\nNever after"), kind=BlockKind.ROW)
    assert proven(draft("Never after: Lid bolts", (0, 0, 9)), [row]) is not None


@pytest.mark.parametrize("kind", [BlockKind.ROW, BlockKind.PARAGRAPH])
def test_a_row_with_its_head_is_word_for_word_in_any_block(kind: BlockKind) -> None:
    row = replace(passage("Lid bolts | 84", context="Service\nPart | Never after"), kind=kind)
    assert proven(draft("Part: Lid bolts; Never after: 84", (0, 0, 14)), [row]) is not None


@pytest.mark.parametrize(
    "written",
    [
        "Pump P-7 runs at 2900 rpm ![](//evil.io/s).",
        "[Pump P-7](//evil.io) runs at 2900 rpm.",
        "[Pump P-7](javascript:alert(1)) runs at **2900 rpm**.",
    ],
)
def test_a_link_of_the_issue_is_said_without_it(written: str) -> None:
    found = proven(draft(written, (0, 0, 26)), [passage(TEXT)])
    assert found is not None
    assert found.said.text == "Pump P-7 runs at 2900 rpm."


WORDS = st.sampled_from(["pump", "valve", "E-42", "0x1f00", "35", "grease", "泵", "压力", "."])
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
PASSAGES = st.lists(
    st.builds(passage, TEXTS, st.integers(1, 3), st.integers(0, 50), context=TEXTS), max_size=4
)
CITATIONS = st.lists(st.tuples(st.integers(-2, 5), st.integers(-5, 120), st.integers(-5, 120)), max_size=4)


@given(PASSAGES, TEXTS, CITATIONS)
def test_whatever_a_generator_says_a_citation_is_the_text_that_stands_there(
    shown: list[Passage], text: str, cited: list[tuple[int, int, int]]
) -> None:
    for citation in checked_citations(DraftSentence(text, tuple(cited), 1.0), shown):
        start, end = citation.span
        origins = [
            each
            for each in shown
            if each.document_id == citation.document_id and each.start <= start < end <= each.end
        ]
        assert any(each.text[start - each.start : end - each.start] == citation.quote for each in origins)


@given(TEXTS, st.integers(0, 50))
def test_a_sentence_copied_from_its_quote_always_passes(text: str, start: int) -> None:
    copied = DraftSentence(text, ((0, start, start + len(text)),), 1.0)
    found = checked_citations(copied, [passage(text, start=start)])
    assert bool(found) == any(word != "." for word in text.split())


BATTERIES = structured(
    heading(1, "Battery room"),
    says("Never do this:"),
    item("Open the vent caps while charging."),
    item("Lay tools on the batteries."),
    says("Always do this:"),
    item("Switch on the fan."),
    heading(2, "What not to do"),
    item("Stand on the top step."),
    heading(2, "充电区"),
    says("严禁下列行为："),
    item("吸烟。"),
)


@pytest.mark.parametrize(
    ("said", "quoted", "holds"),
    [
        ("Lay tools on the batteries.", "Lay tools on the batteries.", False),
        ("You may lay tools on the batteries.", "Lay tools on the batteries.", False),
        ("Never lay tools on the batteries.", "Lay tools on the batteries.", True),
        ("Do not open the vent caps while charging.", "Open the vent caps while charging.", True),
        ("Switch on the fan.", "Switch on the fan.", True),
        ("Stand on the top step.", "Stand on the top step.", False),
        ("What not to do: Stand on the top step.", "Stand on the top step.", True),
        ("吸烟。", "吸烟。", False),
        ("禁止吸烟。", "吸烟。", True),
    ],
)
def test_an_item_under_a_prohibition_is_not_said_as_if_it_were_allowed(
    said: str, quoted: str, holds: bool
) -> None:
    start = BATTERIES.text.index(quoted)
    cited = draft(said, (0, start, start + len(quoted)))
    assert bool(checked_citations(cited, [BATTERIES])) is holds


def test_a_forbidden_item_is_proven_with_the_lead_in_in_front_of_it() -> None:
    start = BATTERIES.text.index("Lay tools")
    cited = draft("Lay tools on the batteries.", (0, start, start + 27))
    assert proven(cited, [BATTERIES], under="Never do this:")
    assert not proven(cited, [BATTERIES], under="Always do this:")


@pytest.mark.parametrize(
    ("quote", "said", "holds"),
    [
        ("Never do this:\nSmoke in the room.", "Smoke in the room.", False),
        ("Not allowed: Smoke in the room.", "Smoke in the room.", False),
        ("严禁：在室内吸烟。", "在室内吸烟。", False),
        ("Never do this: Smoke in the room.", "Never do this: Smoke in the room.", True),
        ("If the lamp is off, do this: Press the key.", "Press the key.", True),
        ("Do not forget this: Press the key.", "Press the key.", True),
    ],
)
def test_what_a_lead_in_in_the_quote_forbids_is_not_proven_without_it(
    quote: str, said: str, holds: bool
) -> None:
    assert bool(checked_citations(draft(said, (0, 0, len(quote))), [passage(quote)])) is holds
