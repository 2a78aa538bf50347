from dataclasses import replace

import pytest

from core.values.answers import Passage
from core.values.documents import BlockKind
from llm.extractive.candidates import candidates

DANGER = "DANGER: The DC link carries 560 V after switching off. Wait 5 minutes and measure."


def passage(text: str) -> Passage:
    return Passage(
        chunk_id=1,
        document_id=1,
        uri="file:///a.md",
        title="A",
        version=1,
        context="A",
        text=text,
        start=100,
        chunk_start=100,
        chunk_end=100 + len(text),
        score=1.0,
    )


def said(text: str) -> list[str]:
    return [candidate.text for candidate in candidates([passage(text)])]


@pytest.mark.parametrize(
    "warning",
    [
        DANGER,
        "Caution! Hot water. Let it cool down.",
        "警告：电容带电。等待5分钟。",
        "WARNING: One sentence only.",
    ],
)
def test_a_warning_is_said_whole_and_no_further_than_its_line(warning: str) -> None:
    assert said(f"Before.\n{warning}\nAfter.")[1] == warning


def test_what_only_speaks_of_a_warning_is_an_ordinary_sentence() -> None:
    text = "Warning lamps are tested daily. The lamp H1 is red."
    assert said(text) == ["Warning lamps are tested daily.", "The lamp H1 is red."]


def test_a_warning_without_end_is_cut_to_what_can_be_read() -> None:
    sentence = "Never open the cover while it runs. "
    [first, *_] = said("DANGER: " + sentence * 60)
    assert 600 < len(first) <= 700


def test_a_lead_in_takes_its_list_along() -> None:
    text = "To reset the drive:\n1. Switch it off.\n2. Wait.\n\nThen go on."
    assert said(text)[0] == "To reset the drive:\n1. Switch it off.\n2. Wait."


def test_headings_and_questions_answer_nothing() -> None:
    assert said("Resetting the drive\n\nWhat resets it? The key S1 does.") == ["The key S1 does."]


def test_a_row_without_its_last_cells_is_said_with_the_names_of_the_others() -> None:
    context = "Stock\nPart | Pieces | Remark"
    [row] = candidates([replace(passage("Gasket G-4 | 7"), context=context, kind=BlockKind.ROW)])
    assert row.readable == "Part: Gasket G-4; Pieces: 7"


@pytest.mark.parametrize(
    "labels",
    [
        "Serial number of the hoist:",
        "Serial number of the hoist:\n\nRated load:\n\nInspector:",
        "Rated load: ________",
        "Inspector: ……",
        "额定载荷：",
    ],
)
def test_a_label_alone_is_no_candidate(labels: str) -> None:
    assert said(labels) == []


def test_a_label_with_what_belongs_to_it_is_one() -> None:
    assert said("Rated load: 3.2 t.\nInspector:") == ["Rated load: 3.2 t."]
    assert said("Serial number:\n\nHX-55 0417, on the left side.") != []


@pytest.mark.parametrize(
    ("row", "header", "is_said"),
    [
        ("Rated load | 3.2 t", "", True),
        ("Rated load:", "", False),
        ("Rated load: | ____", "", False),
        ("E-77", "Code | Meaning", False),
        ("E-77 | Belt torn", "Code | Meaning", True),
        ("All values hold at 20 °C and at sea level only", "Code | Meaning", True),
        ("Keep dry.", "Code | Meaning", True),
        ("E-77 Belt torn", "", True),
    ],
)
def test_a_row_of_which_only_the_label_is_filled_in_is_no_candidate(
    row: str, header: str, is_said: bool
) -> None:
    one = replace(passage(row), kind=BlockKind.ROW, context=f"A\n{header}")
    assert [candidate.text for candidate in candidates([one])] == ([row] if is_said else [])
