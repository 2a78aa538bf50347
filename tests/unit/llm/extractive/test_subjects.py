"""What a sentence is about, and whether that is what was asked for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes.passages import passage
from unit.llm.extractive.small_documents import heading, item, says, structured

from core.text.identifiers import identifiers
from core.text.language import terms
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
        ("How often are the M10 and the M50 greased?", ["Every 150 hours.", "Every 350 hours."]),
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
    assert about("What is the drive power of the EX-120?", [row]) == [row.text]
    assert about("What is the drive power of the EX-150?", [row]) == []


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


def row(header: str, text: str) -> Passage:
    return replace(passage(text, context=f"Drives\n{header}"), title="Drives", kind=BlockKind.ROW)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which fuse is in version 2.10 of Abto?", ["The fuse is 71 mA."]),
        ("Abto 2.1 版的保险丝？", ["The fuse is 95 mA.", "The gap is wide."]),
        ("Which fuse is in firmware 2.4?", []),
    ],
)
def test_a_number_in_front_of_a_paragraph_names_a_version(question: str, said: list[str]) -> None:
    values = structured(
        heading(1, "Device Abto: values by version"),
        says("2.1. The fuse is 95 mA. The gap is wide."),
        says("2.10. The fuse is 71 mA."),
    )
    assert about(question, [values]) == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the pressure on line 3?", ["It is 4 bar."]),
        ("4 号线的压力是多少？", ["压力为 6 bar。"]),
        ("What is the pressure on line 5?", []),
    ],
)
def test_a_numbered_thing_is_not_its_neighbour(question: str, said: list[str]) -> None:
    english = structured(
        heading(2, "Line 3"), says("It is 4 bar."), heading(2, "Line 4 (new)"), says("It is 6 bar.")
    )
    chinese = structured(
        heading(2, "3 号线"), says("压力为 4 bar。"), heading(2, "4 号线（新）"), says("压力为 6 bar。")
    )
    assert about(question, [chinese if "号" in question else english]) == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How long must I wait after E-212?", ["Wait 5 min."]),
        ("How long must I wait after E-221?", ["Wait 9 min."]),
        ("How long must I wait after E-230?", []),
    ],
)
def test_a_range_contains_its_members(question: str, said: list[str]) -> None:
    codes = structured(
        heading(2, "Faults E-210 to E-214"),
        says("Wait 5 min."),
        heading(2, "E-220–E-224"),
        says("Wait 9 min."),
    )
    assert about(question, [codes]) == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the gap in version 2.10?", ["2.10 | 9 mm"]),
        ("Which gap has E-212?", ["E-210 to E-214 | 5 mm"]),
        ("Which gap has E-220?", []),
    ],
)
def test_a_row_is_about_its_key(question: str, said: list[str]) -> None:
    versions = [row("Version | Gap", text) for text in ("2.1 | 7 mm", "2.10 | 9 mm")]
    codes = [row("Code | Gap", text) for text in ("E-210 to E-214 | 5 mm", "E-215 to E-219 | 6 mm")]
    rows = [replace(one, chunk_id=place, document_id=place) for place, one in enumerate((*versions, *codes))]
    of_its_kind = rows[:2] if "version" in question else rows[2:]
    assert about(question, of_its_kind) == said


def test_each_kind_of_name_in_a_question_has_to_fit() -> None:
    manual = structured(
        heading(2, "EX-90"),
        heading(3, "Version 2.1"),
        says("The fuse is 5 A"),
        heading(3, "Version 2.2"),
        says("The fuse is 6 A"),
    )
    assert about("Which fuse has the EX-90 in version 2.2?", [manual]) == ["The fuse is 6 A"]


def looked_up(question: str, *shown: Passage) -> list[str]:
    found = candidates(shown)
    asked = QuestionAnalysis(
        question=question,
        term_weights=dict.fromkeys(terms(question), 1.0),
        unseen=1.0,
        identifiers=frozenset(identifiers(question)),
    )
    evidence = measured(asked, found, shown)
    return [one.text for one, known in zip(found, evidence, strict=True) if known.looked_up]


def rows(header: str, *texts: str) -> list[Passage]:
    return [
        replace(passage(text, context=f"Duty roster\n{header}"), kind=BlockKind.ROW, chunk_id=number)
        for number, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many people are in the crew of Ibarra?", ["Dock | Moreau | 8 | Ibarra | 3"]),
        (
            "Which area does Okafor lead, and how large is the night crew?",
            ["Refinery | Lind | 12 | Okafor | 6"],
        ),
        ("What is the phone number of Ibarra?", []),
        ("Which area is closed?", []),
    ],
)
def test_a_row_is_looked_up_by_a_cell_that_no_other_row_has(question: str, found: list[str]) -> None:
    header = "Area | Day leader | Day crew | Night leader | Night crew"
    table = rows(header, "Dock | Moreau | 8 | Ibarra | 3", "Refinery | Lind | 12 | Okafor | 6")
    closed = rows(header, "Quay | closed | 0 | closed | 0", "Yard | closed | 0 | Petrov | 2")
    assert looked_up(question, *table, *closed) == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is the drive power of the EX-120?", ["Drive power | 132 kW | 250 kW"]),
        ("EX-120", ["Drive power | 132 kW | 250 kW", "Warranty | 24 months | 36 months"]),
        ("EX-120 的颜色是什么？", []),
    ],
)
def test_of_a_column_the_label_says_which_row_is_meant(question: str, found: list[str]) -> None:
    header = "Property | EX-90 | EX-120"
    table = rows(header, "Drive power | 132 kW | 250 kW", "Warranty | 24 months | 36 months")
    assert looked_up(question, *table) == found


def test_a_question_in_another_language_is_not_answered_by_any_row_of_a_column() -> None:
    table = rows(
        "Property | EX-90 | EX-120", "Drive power | 132 kW | 250 kW", "Warranty | 24 months | 36 months"
    )
    assert about("EX-120 的主电机功率是多少？", table) == []
    assert about("EX-120 的主电机功率是多少 kW？", table) == ["Drive power | 132 kW | 250 kW"]
    section = structured(heading(1, "Extruder EX-90"), says("It is preheated for 90 minutes."))
    assert about("EX-90 的保修期是多久？", [section]) == []
    assert about("EX-90 是什么？", [section]) == ["It is preheated for 90 minutes."]
    assert about("E-42 报警后如何复位？", rows("Code | Remedy", "E-42 | Reset it")) == ["E-42 | Reset it"]


PERMIT = structured(
    heading(1, "Confined space permit"),
    says("Before entry these five conditions must hold:"),
    item("The agitator is locked."),
    item("A second person stands at the manhole."),
    says("The permit ends with the shift."),
)


def test_a_list_is_looked_up_by_the_words_that_lead_it_in() -> None:
    wanted = ["The agitator is locked.", "A second person stands at the manhole."]
    assert looked_up("List the five conditions for entry into a confined space.", PERMIT) == wanted
    assert looked_up("List the five conditions for leaving a confined space.", PERMIT) == []


def test_a_label_that_was_left_blank_is_not_answered_by_what_stands_beside_it() -> None:
    form = structured(
        heading(1, "Inspection of lift L-8"),
        says("Serial number of the lift: ______"),
        says("Inspector:"),
        says("The lift was inspected on 4 March 2026."),
    )
    assert about("What is the serial number of the lift L-8?", [form]) == []
    assert about("When was the lift L-8 inspected?", [form]) == ["The lift was inspected on 4 March 2026."]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("The belt stopped twice, and it shows fault W-311. What should I do?", ["Clean the belt."]),
        ("It shows fault W-311. What is the phone number of the service?", []),
    ],
)
def test_a_story_that_asks_what_to_do_is_answered_below_the_name_it_tells(
    question: str, found: list[str]
) -> None:
    faults = structured(
        heading(1, "Scale"),
        heading(2, "Fault W-311"),
        says("Clean the belt."),
        heading(2, "W-312"),
        says("Wait."),
    )
    assert looked_up(question, faults) == found


def test_a_line_that_begins_with_the_name_asked_for_says_what_it_is() -> None:
    messages = structured(says("LF-41 Door blocked."), says("The lift shows LF-41 after a stop."))
    assert looked_up("What does LF-41 mean?", messages) == ["LF-41 Door blocked."]
