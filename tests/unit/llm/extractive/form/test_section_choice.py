"""A section is chosen by its heading and its text, not by its best sentence alone."""

from dataclasses import replace

import pytest
from unit.llm.extractive.form.test_composition import said
from unit.llm.extractive.small_documents import heading, item, says, structured

from core.values.answers import Passage

# The introduction has every word of the question, and the steps stand in the section after it.
LABELLER = structured(
    heading(1, "Labeller"),
    heading(2, "About the label roll"),
    says("The label roll of the labeller is replaced by the operator."),
    says("A label roll of the labeller lasts one shift."),
    heading(2, "Replace the label roll"),
    item("1. Open the flap."),
    item("2. Pull out the core."),
    item("3. Push the new roll on."),
    heading(2, "Storage"),
    says("Rolls are stored dry."),
)
ROUTER = structured(
    heading(1, "Router"),
    heading(2, "What the reset does"),
    says("A reset of the router to factory settings erases all rules."),
    heading(2, "Reset to factory settings"),
    says("Unplug the router and wait ten seconds."),
    says("Hold the pin and plug the router in again."),
    says("Release the pin when the lamp is green."),
)
BADGES = structured(
    heading(1, "Badges"),
    heading(2, "Lost badges"),
    says("A lost badge has these effects for whoever lost the badge."),
    heading(2, "When a badge is withdrawn"),
    says("A badge is withdrawn in these cases:"),
    item("It was lent to somebody."),
    item("Its owner left."),
    document_id=2,
)


@pytest.mark.parametrize(
    ("question", "document", "steps"),
    [
        (
            "How do I replace the label roll of the labeller?",
            LABELLER,
            ["1. Open the flap.", "2. Pull out the core.", "3. Push the new roll on."],
        ),
        (
            "reset the router to factory settings",
            ROUTER,
            [
                "Unplug the router and wait ten seconds.",
                "Hold the pin and plug the router in again.",
                "Release the pin when the lamp is green.",
            ],
        ),
        (
            "In which cases is a badge withdrawn?",
            BADGES,
            ["A badge is withdrawn in these cases:", "It was lent to somebody.", "Its owner left."],
        ),
    ],
)
def test_the_section_that_holds_the_steps_or_the_list_is_said_first(
    question: str, document: Passage, steps: list[str]
) -> None:
    assert said(question, document)[: len(steps)] == steps


def test_a_further_section_is_not_begun_if_its_list_does_not_fit() -> None:
    tank = structured(
        heading(1, "Tank"),
        heading(2, "Empty the tank"),
        *[item(f"{number}. Open drain number {number} of the tank.") for number in range(1, 7)],
        heading(2, "Empty the tank by hand"),
        *[item(f"{number}. Lift bucket number {number} out of the tank.") for number in range(1, 7)],
    )
    answer = said("How do I empty the tank?", tank, words=50)
    assert len(answer) == 6
    assert len({line.split()[1] for line in answer}) == 1


def test_the_last_step_is_said_where_the_words_nearly_suffice() -> None:
    pump = structured(
        heading(1, "Prime the pump"),
        *[item(f"{number}. Turn the wheel number {number} to the left side.") for number in range(1, 7)],
    )
    assert len(said("How do I prime the pump?", pump, words=52)) == 6
    assert len(said("How do I prime the pump?", pump, words=40)) < 6


def test_a_section_about_another_model_is_not_chosen() -> None:
    mixers = structured(
        heading(1, "Mixers"),
        heading(2, "Cleaning the mixer M30"),
        item("1. Rinse the M30 hot."),
        item("2. Dry the M30."),
        heading(2, "Cleaning the mixer M50"),
        item("1. Rinse the M50 cold."),
        item("2. Oil the M50."),
    )
    assert said("How do I clean the mixer M50?", mixers) == ["1. Rinse the M50 cold.", "2. Oil the M50."]
    assert said("M30 的混合器怎么清洗？ mixer M30", mixers) == ["1. Rinse the M30 hot.", "2. Dry the M30."]


def test_numbered_headings_with_instructions_are_the_steps() -> None:
    leaving = structured(
        heading(1, "Leaving the plant"),
        heading(2, "1. Fill out the leaving form"),
        says("The office sends a list."),
        heading(2, "2. Return the keys"),
        says("The porter signs for them."),
    )
    assert said("What do I have to do before leaving the plant?", leaving) == [
        "1. Fill out the leaving form",
        "The office sends a list.",
        "2. Return the keys",
        "The porter signs for them.",
    ]


def test_a_section_from_a_server_that_is_down_is_chosen_by_words() -> None:
    unknown = replace(LABELLER, blocks=())
    assert "1. Open the flap." in said("How do I replace the label roll of the labeller?", unknown)
