"""What a page's end cuts is one again; each part keeps its page."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.parser_samples import boxes, said
from unit.ingest.parsers.pdf.drawing import draw, parse, rows_at, texts

from core.values.documents import BlockKind

FULL = "Divers of the harbour team may work without a second boat only in currents below"


def pages(*lines: Sequence[str], size: float = 11, step: float = 14) -> bytes:
    def page(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", size)
        for row, line in enumerate(lines[number]):
            canvas.drawString(72, 700 - step * row, line)

    return draw(page, len(lines))


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (FULL, "0.4 metres per second at the gauge.", f"{FULL} 0.4 metres per second at the gauge."),
        ("The seal is rated for", "90 bar.", "The seal is rated for 90 bar."),
        ("Stop the mill when the shaft is", "warmer than the hand bears", "is warmer than the hand bears"),
        ("Ask the watch before the con-", "tainer is opened.", "the container is opened."),
        ("Wait an hour before re-", "entry into the hold.", "before re-entry into the hold."),
        ("Report it to the Chief Inspector of Mines and Quarries of the", "County of Kent.", "the County of"),
        ("The dose is approx.", "3 ml a day.", "approx. 3 ml a day."),
    ],
)
def test_a_sentence_over_a_page_break_is_one(first: str, second: str, joined: str) -> None:
    document = parse(pages([first], [second]))
    assert joined in document.text
    assert len(document.blocks) == 1
    one, other = document.pages
    assert document.text[other.start : other.end] == second
    assert (one.start, one.end) == (0, other.start)
    drawn = boxes(other.boxes)[[at for at, letter in enumerate(second) if letter != " "]]
    assert drawn.any(axis=1).all()
    assert np.abs(drawn[0, 0] / 4 - 72) < 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The gate is closed at night.", "It opens at six."),
        ("The gate is closed at night.", "Keys are at the desk of the watch"),
        ("Keys", "Lamps"),
        (FULL, "Table 4 Currents in the harbour of the town by month."),
        (FULL, "1. Check the tide."),
        ("The following are needed:", "Gloves and a lamp are at the gate."),
    ],
)
def test_what_ends_with_its_page_stays_apart(first: str, second: str) -> None:
    assert texts(pages([first], [second])) == [first, second]


def test_a_sentence_over_three_pages_is_one() -> None:
    middle = [
        "which the harbour office publishes each week, and in no case while one of the",
        "tugs moves in",
    ]
    document = parse(pages([FULL], middle, ["the same basin."]))
    assert len(document.blocks) == 1
    assert document.text == " ".join([FULL, *middle, "the same basin."])
    assert [document.text[page.start : page.end] for page in document.pages][1:] == [
        " ".join([*middle, ""]),
        "the same basin.",
    ]


def with_edges(
    bodies: Sequence[str], top: Callable[[int], str], note: str = ""
) -> Callable[[Canvas, int], None]:
    def page(canvas: Canvas, number: int) -> None:
        canvas.drawString(72, 810, top(number))
        canvas.drawString(72, 600, bodies[number])
        canvas.drawString(290, 25, str(number + 1))
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 160, note if number == 0 else "")

    return page


def test_headers_and_footnotes_do_not_stand_inside_a_sentence() -> None:
    bodies, note = (FULL, "0.4 metres per second."), "1 Measured by the harbour office at the northern gauge."
    found = texts(draw(with_edges(bodies, lambda n: f"Order HO-{31 + 17 * n}", note), 2))
    assert found == ["Order HO-31", note, " ".join(bodies), "Order HO-48"]


def test_a_numbered_list_goes_on_over_the_break() -> None:
    first = ["Before a dive:", "1. The tide is read.", "2. The boat is manned."]
    second = ["3. The lamp is lit.", "4. The line is held by", "two men."]
    document = parse(pages(first, second))
    assert document.text.endswith(
        "1. The tide is read.\n2. The boat is manned.\n3. The lamp is lit.\n4. The line is held by two men."
    )
    assert [kind for kind, _ in said(document)][1:] == [BlockKind.LIST_ITEM] * 4


def test_an_item_that_the_break_cuts_is_one_item() -> None:
    found = texts(
        pages(["1. The tide is read.", "2. The line is held by"], ["two men.", "3. The lamp is lit."])
    )
    assert found == ["1. The tide is read.", "2. The line is held by two men.", "3. The lamp is lit."]


def table(header_on: Sequence[int], rows: int = 6) -> Callable[[Canvas, int], None]:
    def page(canvas: Canvas, number: int) -> None:
        found = [(f"B{10 * number + row}", f"{row + 3} m", f"{7 * row + number} t") for row in range(rows)]
        if number in header_on:
            found.insert(0, ("Berth", "Depth", "Load"))
        rows_at(canvas, 600, *(tuple(zip((72, 220, 400), row, strict=True)) for row in found))

    return page


@pytest.mark.parametrize("header_on", [(0,), (0, 1), (0, 1, 2), (0, 2)])
def test_rows_on_later_pages_have_the_header_of_the_first(header_on: Sequence[int]) -> None:
    document = parse(draw(table(header_on), 3))
    assert document.text.count("Berth") == 1
    assert {block.header for block in document.blocks[1:]} == {"Berth | Depth | Load"}
    assert len(document.text.splitlines()) == 19


def test_a_table_of_other_columns_keeps_its_own_header() -> None:
    def page(canvas: Canvas, number: int) -> None:
        head = ("Berth", "Depth", "Load") if number == 0 else ("Crane", "Reach", "Lift")
        rows = [head, *((f"X{row}", f"{row} m", f"{row} t") for row in range(4))]
        rows_at(canvas, 600, *(tuple(zip((72, 220, 400), row, strict=True)) for row in rows))

    assert {block.header for block in parse(draw(page, 2)).blocks} == {
        "",
        "Berth | Depth | Load",
        "Crane | Reach | Lift",
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Mind the re-", "entry of the crew."], "re-entry"),
        (["Use a self-", "closing door."], "self-closing"),
        (["An up-to-", "date plan hangs there."], "up-to-date"),
        (["The feed-water is hot; the feed-", "water pump is old."], "the feed-water pump"),
        (["A report is due. The re-", "port is short."], "The report is"),
        (["The reactor is shut; re-", "act at once."], "react at once"),
        (["It is self-", "less."], "selfless"),
        (["Open the mainte-", "nance hatch."], "maintenance"),
        (["Order part PF-", "8812 of it."], "PF-8812"),
    ],
)
def test_a_hyphen_at_a_lines_end_stays_where_it_belongs_to_the_word(lines: list[str], expected: str) -> None:
    assert expected in parse(pages(lines)).text
