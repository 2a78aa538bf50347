"""What a text defines, and what it only mentions."""

import pytest

from core.text.definitions import defined, meaning_asked
from core.values.documents import BlockKind

FAULTS = "FC-101 Fault codes > Fault table\nCode | Meaning | Probable cause | Remedy"
PARTS = "Spare parts\nPart number | Description | Machine | Lead time (days)"
BY_MACHINE = "Faults > Fault table\nMachine | Fault | Cause | Remedy"
CHINESE = "故障代码手册 > 故障代码表\n代码 | 含义 | 处理方法"


@pytest.mark.parametrize(
    ("context", "row", "expected"),
    [
        (FAULTS, "E-42 | Bowl pressure low | Valve HV-101 shut | Open HV-101", {"e-42"}),
        (FAULTS, "E-42, E-43 | Bowl level | Pump off | Start it", {"e-42", "e-43"}),
        (PARTS, "HB-3002 | Mechanical seal of pump P-301 | CIP-301 | 21", {"hb-3002"}),
        (BY_MACHINE, "FIL-101 | E-42 | Valve shut | Open it", {"e-42"}),
        (FAULTS, "E-42 to E-44 | Bowl level | Pump off | Start it", {"e-42", "e-43", "e-44"}),
        (CHINESE, "E-42 | 料缸压力过低 | 先做保压试验", {"e-42"}),
    ],
)
def test_a_row_defines_what_is_in_its_column_of_names(context: str, row: str, expected: set[str]) -> None:
    assert defined(BlockKind.ROW, context, row) == expected


@pytest.mark.parametrize(
    ("context", "row"),
    [
        (
            "Handover > Stops\nCode | Machine | Stops | Minutes | What was done",
            "E-42 | FIL-101 | 3 | 34 | Seal",
        ),
        ("Log\nTime | Code | Description", "09:12 | E-42 | Line stopped"),
        ("Log\nDate (UTC) | Alarm | Message", "2025-06-11 | E-42 | acknowledged"),
        (
            "Report > Actions\nNo. | Action | Owner",
            "4 | Put the leak test first in the remedy of E-42 | Planner",
        ),
        ("Values\nQuantity | Normal | Fault limit", "Bowl pressure | 3.2 bar | below 2.8 bar (E-42)"),
        (FAULTS, "E-56 | Drive without supply, or fault 0x16050001 | Cable | Look at VFD-104"),
        ("", "E-42 | 5"),
    ],
)
def test_a_row_of_events_or_values_only_mentions(context: str, row: str) -> None:
    assert "e-42" not in defined(BlockKind.ROW, context, row)
    assert "0x16050001" not in defined(BlockKind.ROW, context, row)


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("Manual > Faults > E-42 Bowl pressure low", "Close HV-101 and watch the gauge."),
        ("Manual > Faults > Fault E-42", "Close HV-101 and watch the gauge."),
        ("Manual", "E-42 means that the bowl pressure is low."),
        ("Manual", "Fault E-42 (PT-101) indicates a low bowl pressure."),
        ("Manual", "Alarm E-42\n\nThe bowl pressure is low."),
        ("手册", "E-42 表示料缸压力过低。"),
    ],
)
def test_a_section_or_sentence_about_a_code_defines_it(context: str, text: str) -> None:
    assert defined(BlockKind.PARAGRAPH, context, text) == {"e-42"}


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("Report", "First stop with E-42; bowl pressure 2.7 bar."),
        ("Manual > Changes", "E-42: the leak test now comes first."),
        ("Report > Stop rule after E-42", "After the third stop, inspect."),
        ("Report", "After E-42 is shown, the line stops."),
        ("Report", "E-42"),
    ],
)
def test_a_text_in_which_a_code_occurs_does_not_define_it(context: str, text: str) -> None:
    assert defined(BlockKind.PARAGRAPH, context, text) == frozenset()


@pytest.mark.parametrize(
    "question",
    [
        "What does E-42 mean?",
        "What does fault E-42 on the filler mean?",
        "What is fault code E-42?",
        "Explain E-42",
        "E-42",
        "E-42 是什么意思？",
        "E-42 是什么故障？",
    ],
)
def test_the_meaning_of_a_code_is_asked_for(question: str) -> None:
    assert meaning_asked(question) == {"e-42"}


@pytest.mark.parametrize(
    "question",
    [
        "How often did E-42 occur on 11 June?",
        "Who replaced the seal after E-42?",
        "What is the torque of M8x1.25?",
        "Which machines stopped with E-42?",
        "What does caustic mean?",
        "Explain how to reset E-42.",
        "E-42 停机多少次？",
    ],
)
def test_something_else_is_asked(question: str) -> None:
    assert meaning_asked(question) == frozenset()
