"""What stands at the edges of pages: kept where it says something, once where pages repeat it."""

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.pdf.drawing import draw, parse, texts

TOP, BELOW, MIDDLE, BOTTOM = 805, 785, 500, 25
PARTS = ("Alder", "Beech", "Cedar", "Elm", "Fir", "Hazel")


def pages(
    top: Callable[[int], str] = lambda n: "",
    bottom: Callable[[int], str] = lambda n: "",
    below: Callable[[int], str] = lambda n: "",
    right: Callable[[int], str] = lambda n: "",
) -> Callable[[Canvas, int], None]:
    def page(canvas: Canvas, number: int) -> None:
        canvas.drawString(72, TOP, top(number))
        canvas.drawString(72, BELOW, below(number))
        canvas.drawString(72, MIDDLE, body(number))
        canvas.drawString(72, BOTTOM, bottom(number))
        canvas.drawString(500, BOTTOM, right(number))

    return page


def body(number: int) -> str:
    return f"The yard keeps {PARTS[number].lower()} planks under the long roof."


@pytest.mark.parametrize("count", [2, 3, 6])
def test_a_header_that_every_page_repeats_is_kept_once(count: int) -> None:
    header = "Instruction AI-7740, issue C, in force since 9 May 2025"
    document = parse(draw(pages(top=lambda n: header, bottom=lambda n: f"Page {n + 1} of {count}"), count))
    assert document.text.count("AI-7740") == 1
    assert document.text.startswith(header)
    assert f"Lines that pages repeat were kept once: “{header}”." in document.notices
    assert any(notice.startswith("Page numbers were left out on pages 1, 2") for notice in document.notices)
    assert "Page 2" not in document.text


@pytest.mark.parametrize(
    "name",
    [
        lambda n: f"Gauge DG-{13 + 20 * n}",
        lambda n: f"Pump {n + 1}",
        lambda n: f"Revision {n}",
        lambda n: f"Batch 2024/{n + 1}",
    ],
)
@pytest.mark.parametrize("count", [2, 5])
def test_a_line_that_differs_is_kept_on_every_page(name: Callable[[int], str], count: int) -> None:
    assert texts(draw(pages(top=name), count)) == [text for n in range(count) for text in (name(n), body(n))]


def test_what_follows_a_pages_own_name_is_not_taken_for_a_repetition() -> None:
    page = pages(top=lambda n: f"Gauge DG-{13 + 20 * n}", below=lambda n: "Range 0 to 60 bar")
    assert parse(draw(page, 3)).text.count("Range 0 to 60 bar") == 3


@pytest.mark.parametrize(
    "number",
    [
        lambda n: str(n + 1),
        lambda n: f"- {n + 4} -",
        lambda n: f"{n + 211}",
        lambda n: f"{n + 1} / 4",
        lambda n: f"Seite {n + 1} von 4",
        lambda n: ("i", "ii", "iii", "iv")[n],
        lambda n: f"3-{n + 1}",
    ],
)
def test_numbers_that_count_the_pages_are_left_out(number: Callable[[int], str]) -> None:
    document = parse(draw(pages(bottom=number), 4))
    assert document.text.split("\n\n") == [body(n) for n in range(4)]
    assert document.notices == ("Page numbers were left out on pages 1, 2, 3, 4.",)


@pytest.mark.parametrize(
    "numbers", [("1988",), ("88",), ("12", "40", "7"), ("1987", "1988"), ("iv",), ("310", "310")]
)
def test_numbers_that_do_not_count_the_pages_are_kept(numbers: tuple[str, ...]) -> None:
    document = parse(draw(pages(bottom=lambda n: numbers[n]), len(numbers)))
    for number in dict.fromkeys(numbers):
        assert number in document.text.split()


def test_a_page_number_in_a_repeated_line_does_not_make_it_differ() -> None:
    page = pages(bottom=lambda n: "Handbook of the saw mill", right=lambda n: str(n + 9))
    for text in (texts(draw(page, 4)), texts(draw(pages(bottom=lambda n: f"Saw mill, page {n + 1}"), 4))):
        assert len(text) == 5


def test_a_running_header_that_repeats_a_heading_is_not_kept_beside_it() -> None:
    def page(canvas: Canvas, number: int) -> None:
        canvas.drawString(72, TOP, "Care of blades")
        if number == 0:
            canvas.setFont("Helvetica-Bold", 18)
            canvas.drawString(72, 600, "Care of blades")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, MIDDLE, body(number))

    assert texts(draw(page, 3)).count("Care of blades") == 1


def test_rows_of_a_table_that_reach_the_edges_are_no_furniture() -> None:
    def page(canvas: Canvas, number: int) -> None:
        for row in range(46):
            value = 100 * number + row
            for column, cell in enumerate((f"K{value}", f"{value * 3} h", f"{value + 5} g", "steel")):
                canvas.drawString(72 + 120 * column, 800 - 17 * row, cell)

    document = parse(draw(page, 2))
    for value in (*range(46), *range(100, 146)):
        assert f"K{value} | {value * 3} h | {value + 5} g | steel" in document.text.splitlines()
    assert not document.notices
