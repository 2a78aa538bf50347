from dataclasses import replace

from fakes.passages import passage

from core.values.answers import Passage
from core.values.documents import BlockKind
from core.values.structure import PlacedBlock
from retrieval.nearest import nearest

HEATING = "The boiler runs at 80 degrees. It is checked in autumn."
OPENING = "Open the valve slowly. The gauge shows the pressure. Then wait."


def built(*sections: tuple[str, str], document_id: int = 1, score: float = 1.0) -> Passage:
    """Return a passage that consists of sections, each a heading and a paragraph."""
    text, blocks = "", []
    for heading, body in sections:
        start = len(text)
        text += f"{heading}\n\n"
        blocks.append(PlacedBlock(kind=BlockKind.HEADING, start=start, end=start + len(heading), level=1))
        blocks.append(
            PlacedBlock(kind=BlockKind.PARAGRAPH, start=len(text), end=len(text) + len(body), path=(heading,))
        )
        text += f"{body}\n\n"
    return replace(passage(text, document_id), blocks=tuple(blocks), score=score)


TWO = built(("Heating", HEATING), ("Valves", OPENING))


def test_the_section_with_the_most_of_the_question_is_shown_and_what_fits_is_marked() -> None:
    [found] = nearest([TWO], {"valv": 2.0, "gaug": 3.0, "colour": 5.0})
    assert (found.section, found.quote) == ("Valves", OPENING)
    assert [found.quote[start:end] for start, end in found.marks] == ["The gauge shows the pressure."]


def test_a_heading_counts_for_its_section() -> None:
    [found] = nearest([TWO], {"heat": 2.0})
    assert (found.section, found.marks) == ("Heating", ())


def test_what_was_drafted_goes_before_what_shares_more_words() -> None:
    drafted = TWO.cite(TWO.text.index("The boiler"), TWO.text.index(" It is"))
    [found] = nearest([TWO], {"gaug": 1.0, "wait": 9.0}, [drafted])
    assert (found.section, [found.quote[a:b] for a, b in found.marks]) == (
        "Valves",
        ["Then wait."],
    )
    [found] = nearest([TWO], {"gaug": 1.0, "autumn": 1.0}, [drafted])
    assert (found.section, found.quote[slice(*found.marks[0])]) == (
        "Heating",
        "The boiler runs at 80 degrees.",
    )


def test_sections_come_best_first_each_once() -> None:
    other = built(("Gauges", "The gauge is red."), document_id=2, score=0.2)
    found = nearest([replace(TWO, score=0.3), TWO, other], {"gaug": 1.0, "red": 1.0})
    assert [one.section for one in found] == ["Gauges", "Valves"]


def test_a_long_section_is_shown_around_what_fits_best() -> None:
    body = f"{'The pump runs. ' * 80}The gauge is red. {'The pump stops. ' * 80}"
    [found] = nearest([built(("Pumps", body))], {"gaug": 1.0})
    assert 600 < len(found.quote) <= 700
    assert [found.quote[start:end] for start, end in found.marks] == ["The gauge is red."]


def test_a_passage_without_known_blocks_is_a_section() -> None:
    [found] = nearest([passage("The pump runs. The gauge is red.")], {"gaug": 1.0})
    assert found.quote == "The pump runs. The gauge is red."


def test_nothing_is_nearest_to_nothing() -> None:
    assert nearest([], {"gaug": 1.0}) == ()


def test_a_row_comes_with_the_names_of_its_columns() -> None:
    row = passage("V-11 | 18 N·m", context="Valves > Torques\nValve | Torque")
    kind = BlockKind.ROW
    placed = replace(row, kind=kind, blocks=(PlacedBlock(kind=kind, start=0, end=row.end),))
    [found] = nearest([placed], {"v-11": 1.0})
    assert (found.quote, found.columns) == ("V-11 | 18 N·m", "Valve | Torque")
    assert [one.columns for one in nearest([row], {"v-11": 1.0})] == [""]
