import pytest

from core.values.documents import Block, BlockKind
from core.values.structure import PlacedBlock, Structure, numbers_step, packed_blocks

LINES = [
    (BlockKind.HEADING, 1, "Mixer manual"),
    (BlockKind.PARAGRAPH, 0, "Keep it."),
    (BlockKind.HEADING, 2, "Mixer M10"),
    (BlockKind.HEADING, 3, "Cleaning"),
    (BlockKind.LIST_ITEM, 0, "1. Rinse."),
    (BlockKind.LIST_ITEM, 1, "Dry."),
    (BlockKind.HEADING, 2, "Mixer M30"),
    (BlockKind.PARAGRAPH, 0, "Rinse hot."),
]
TEXT = "\n\n".join(text for _, _, text in LINES)
AT = [TEXT.index(text) for _, _, text in LINES]


def structure() -> Structure:
    blocks = [
        Block(kind=kind, start=start, end=start + len(text), level=level)
        for (kind, level, text), start in zip(LINES, AT, strict=True)
    ]
    return Structure(TEXT, packed_blocks(blocks))


def shown(blocks: tuple[PlacedBlock, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(TEXT[one.start : one.end], one.path) for one in blocks]


def test_a_block_has_the_headings_above_it_and_no_others() -> None:
    assert shown(structure().between(0, len(TEXT))) == [
        ("Mixer manual", ()),
        ("Keep it.", ("Mixer manual",)),
        ("Mixer M10", ("Mixer manual",)),
        ("Cleaning", ("Mixer manual", "Mixer M10")),
        ("1. Rinse.", ("Mixer manual", "Mixer M10", "Cleaning")),
        ("Dry.", ("Mixer manual", "Mixer M10", "Cleaning")),
        ("Mixer M30", ("Mixer manual",)),
        ("Rinse hot.", ("Mixer manual", "Mixer M30")),
    ]


def test_the_headings_are_known_of_a_text_that_begins_below_them() -> None:
    [one] = structure().between(AT[5] + 1, AT[5] + 2)
    assert (one.kind, one.level, one.path) == (
        BlockKind.LIST_ITEM,
        1,
        ("Mixer manual", "Mixer M10", "Cleaning"),
    )
    assert structure().between(AT[5] + 4, AT[6]) == (), "between two blocks there is none"


def test_a_section_reaches_to_the_next_heading_of_its_level() -> None:
    whole = structure()
    assert whole.section(AT[4], AT[4] + 3, 1000) == (AT[3], AT[6] - 2)
    assert whole.section(AT[2], AT[2] + 3, 1000) == (AT[2], AT[6] - 2)
    assert whole.section(AT[7], AT[7] + 3, 1000) == (AT[6], len(TEXT))
    assert whole.section(AT[1], AT[1] + 3, 1000) == (0, len(TEXT))


def test_a_section_that_is_too_long_is_not_taken() -> None:
    assert structure().section(AT[1], AT[1] + 3, 20) == (AT[1], AT[1] + 3)


def test_a_text_without_blocks_has_none() -> None:
    empty = Structure("Text.", packed_blocks(()))
    assert empty.between(0, 5) == ()


def test_around_a_step_the_section_holds_all_steps_unless_it_is_too_long() -> None:
    lines = ["Leaving", "Step 1: Sign", "Ask the porter.", "Step 2: Go", "Close the door.", "Notes", "None."]
    levels = [1, 2, 0, 2, 0, 1, 0]
    text = "\n\n".join(lines)
    blocks = [
        Block(
            kind=BlockKind.HEADING if level else BlockKind.PARAGRAPH,
            start=text.index(line),
            end=text.index(line) + len(line),
            level=level,
        )
        for line, level in zip(lines, levels, strict=True)
    ]
    steps, at = Structure(text, packed_blocks(blocks)), text.index("Ask the porter.")
    assert steps.section(at, at + 15, 100) == (0, text.index("\n\nNotes"))
    assert steps.section(at, at + 15, 40) == (text.index("Step 1"), text.index("\n\nStep 2"))


@pytest.mark.parametrize("heading", ["Step 3", "2. Fill the tank", "第二步 注水", "步骤 4：检查"])
def test_a_heading_numbers_a_step(heading: str) -> None:
    assert numbers_step(heading)


@pytest.mark.parametrize("heading", ["3 Start from cold", "2.1 Storage", "Steps", "2025 plan"])
def test_a_chapter_is_no_step(heading: str) -> None:
    assert not numbers_step(heading)
