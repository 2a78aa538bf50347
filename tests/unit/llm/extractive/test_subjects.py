"""What a sentence is about, and whether that is what was asked for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes.passages import passage
from unit.llm.extractive.small_documents import heading, item, says, structured

from core.text.identifiers import identifiers
from core.values.answers import Passage
from core.values.documents import BlockKind
from llm.extractive.candidates import candidates
from llm.extractive.evidence import measured
from llm.extractive.question_analysis import QuestionAnalysis


def about(question: str, passages: Sequence[Passage]) -> list[str]:
    found = candidates(passages)
    asked = QuestionAnalysis(
        question=question, term_weights={}, unseen=1.0, identifiers=frozenset(identifiers(question))
    )
    evidence = measured(asked, found, passages)
    return [one.text for one, known in zip(found, evidence, strict=True) if known.identifies_what_was_asked]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How often is the seal of the M30 greased?", ["Every 200 hours.", "Use the M12 gun."]),
        ("How often is the seal of the Ｍ５０ greased?", ["Every 350 hours."]),
        ("M10 和 M50 多久润滑一次？", ["Every 150 hours.", "Every 350 hours."]),
    ],
)
def test_a_sentence_is_about_what_its_heading_names(question: str, said: list[str]) -> None:
    manual = structured(
        heading(1, "Mixer manual"),
        heading(2, "Mixer M10"),
        heading(3, "Grease"),
        says("Every 150 hours."),
        heading(2, "Mixer M30"),
        heading(3, "Grease"),
        says("Every 200 hours. Use the M12 gun."),
        heading(2, "Mixer M50"),
        says("Every 350 hours."),
    )
    assert about(question, [manual]) == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who closed session c5-17?", ["Session c5-17 was closed by Ann.", "It lasted an hour."]),
        ("Who closed session c6-17?", ["Session c6-17 was closed by Bob."]),
    ],
)
def test_the_next_name_begins_another_thing(question: str, said: list[str]) -> None:
    log = structured(
        says("Session c5-17 was closed by Ann. It lasted an hour."), item("Session c6-17 was closed by Bob.")
    )
    assert about(question, [log]) == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the torque in version 2.1?", ["85 Nm."]),
        ("What is the torque of type B?", ["40 Nm."]),
        ("What is the torque?", ["85 Nm.", "90 Nm.", "30 Nm.", "40 Nm."]),
    ],
)
def test_of_headings_that_differ_in_one_word_the_one_asked_for_counts(question: str, said: list[str]) -> None:
    versions = structured(
        heading(2, "Version 2.1"), says("85 Nm."), heading(2, "Version 2.2"), says("90 Nm.")
    )
    types = structured(heading(2, "Type A"), says("30 Nm."), heading(2, "Type B"), says("40 Nm."))
    holding = [one for one in (versions, types) if said[0] in one.text or said[-1] in one.text]
    assert [text for one in holding for text in about(question, [one])] == said


def test_the_handbook_of_another_company_does_not_answer() -> None:
    ours = replace(passage("Leave is 30 days."), title="Handbook of Alder")
    theirs = replace(passage("Leave is 25 days.", document_id=2), title="Handbook of Birch")
    assert about("How much leave does Birch give?", [ours, theirs]) == ["Leave is 25 days."]


def test_a_column_of_a_table_names_what_a_row_is_about() -> None:
    row = replace(
        passage("Drive power | 132 kW | 250 kW", context="Extruder EX-90\nProperty | EX-90 | EX-120"),
        title="Extruder EX-90",
        kind=BlockKind.ROW,
    )
    assert about("EX-120 的驱动功率是多少？", [row]) == [row.text]
    assert about("EX-150 的驱动功率是多少？", [row]) == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is step 4 of the calibration?", ["4. Enter the stroke factor."]),
        ("校准的第二步是什么？", ["2. Run the pump."]),
        ("What is step 9 of the calibration?", []),
    ],
)
def test_a_step_is_asked_for_by_its_number(question: str, said: list[str]) -> None:
    steps = ["1. Fill the burette.", "2. Run the pump.", "4. Enter the stroke factor."]
    pump = structured(heading(1, "Calibration"), says("There are 4 steps."), *map(item, steps))
    assert about(question, [pump]) == said


def test_a_step_is_known_by_its_word_too() -> None:
    tower = structured(heading(1, "Restart"), item("Step 3: Start the pump."), item("Step 4: Start the fan."))
    assert about("What is step 3 of the restart?", [tower]) == ["Step 3: Start the pump."]
