"""Writing that does not run from left to right: sideways, askew, in columns, right to left."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.parser_samples import boxes
from unit.ingest.parsers.pdf.drawing import draw, parse, rows_at, texts

from ingest.parsers.pdf.lines import read_lines
from ingest.parsers.pdf.turned import views
from ingest.parsers.pictures.glyphs import Glyphs

Box = tuple[float, float, float, float]
TABLE = (
    ("Hull part", "Plate", "Weld"),
    ("Keel", "14 mm", "double"),
    ("Deck", "8 mm", "single"),
    ("Illicit fill", "9.5 mm", "none"),
)


def placed(letters: Iterable[tuple[str, Box]]) -> Glyphs:
    """Return a page of letters, each with its box."""
    found = list(letters)
    return Glyphs(
        number=1,
        width=600,
        height=800,
        codes=np.array([ord(letter) for letter, _ in found], np.uint32),
        boxes=np.array([box for _, box in found], np.float32),
        fonts=np.zeros((len(found), 3), np.bool_),
        hidden=np.zeros(len(found), np.uint8),
    )


def table(canvas: Canvas) -> None:
    rows_at(canvas, 60, *(tuple(zip((0, 150, 300), row, strict=True)) for row in TABLE))


@pytest.mark.parametrize("degrees", [90, 180, 270, 0, 92, -88, 30, 45, 300])
def test_a_table_that_is_set_turned_is_read_upright(degrees: int) -> None:
    def page(canvas: Canvas, _: int) -> None:
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(degrees)
        canvas.translate(-150, 0)
        table(canvas)

    assert texts(draw(page)) == [" | ".join(row) for row in TABLE]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_writing_on_a_turned_page_is_read_upright(rotation: int) -> None:
    def page(canvas: Canvas, _: int) -> None:
        canvas.setPageRotation(rotation)
        canvas.translate(300, 100)
        canvas.rotate(90)
        table(canvas)

    assert texts(draw(page)) == [" | ".join(row) for row in TABLE]


def test_turned_writing_keeps_its_boxes_on_the_page_as_it_is_shown() -> None:
    def page(canvas: Canvas, _: int) -> None:
        canvas.drawString(72, 700, "The plan beside this text is turned.")
        canvas.translate(500, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Plan of the yard")

    document = parse(draw(page))
    assert document.text == "The plan beside this text is turned.\n\nPlan of the yard"
    found = boxes(document.pages[0].boxes)[-len("Plan of the yard") :] / 4
    assert np.all(np.diff(found[:, 1]) < 0)  # upwards
    assert found[:, 0] == pytest.approx(489, abs=4)
    assert found[0, 3] == pytest.approx(A4[1] - 300, abs=1)


@pytest.mark.parametrize("step", [16, 22, 26])
def test_chinese_in_columns_is_read_column_by_column_from_the_right(step: int) -> None:
    columns = ["值班室每小时检查一次泵", "泵的压力不得超过九巴", "夜间停泵须报告主任"]
    page = placed(
        (letter, (450 - 44 * number, 80 + step * row, 466 - 44 * number, 98 + step * row))
        for number, column in enumerate(columns)
        for row, letter in enumerate(column)
    )
    ((angle, view),) = views(page)
    assert angle == 90
    assert [line.text for line in read_lines(view)] == columns


def test_chinese_in_lines_is_not_taken_for_columns() -> None:
    page = placed(
        (letter, (100 + 18 * at, 80 + 20 * row, 116 + 18 * at, 98 + 20 * row))
        for row, line in enumerate(["泵的压力不得超过九巴", "夜间停泵须报告主任", "序号"])
        for at, letter in enumerate(line)
    )
    assert [angle for angle, _ in views(page)] == [0]


def test_a_column_of_letters_beside_lines_loses_none() -> None:
    def page(canvas: Canvas, _: int) -> None:
        for row, letter in enumerate("DRAFT"):
            canvas.drawString(30, 700 - 14 * row, letter)
        for row, letter in enumerate("COPY"):
            canvas.drawString(560, 700 - 14 * row, letter)
        canvas.drawString(72, 500, "The contract is not signed yet.")

    assert texts(draw(page)) == ["DRAFT", "COPY", "The contract is not signed yet."]


def test_numbers_below_each_other_are_dropped_only_where_they_count_lines() -> None:
    def page(canvas: Canvas, _: int) -> None:
        for row, value in enumerate((4, 90, 17, 33, 8)):
            canvas.drawString(60, 700 - 14 * row, str(value))
        for row in range(6):
            canvas.drawString(500, 400 - 14 * row, str(row + 1))
        canvas.drawString(72, 200, "Measured twice a day.")

    assert " ".join(texts(draw(page))) == "4 90 17 33 8 Measured twice a day."


def leftward(pieces: Sequence[tuple[str, float, float]]) -> Glyphs:
    """A page of pieces (text, right edge, top); letters are 6 wide, 12 high; numbers run to the right."""
    found: list[tuple[str, Box]] = []
    for text, right, top in pieces:
        width = 6.0 * len(text)
        for at, letter in enumerate(text):
            left = right - width + 6 * at if text[0].isascii() else right - 6 * (at + 1)
            found.append((letter, (left, top, left + 6, top + 12)))
    return placed(found)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["המפעל", "נפתח", "בשנת", "2004"], "המפעל נפתח בשנת 2004"),
        (["الضغط", "الأقصى", "16", "بار"], "الضغط الأقصى 16 بار"),
        (["משאבה", "PX-7", "נבדקה"], "משאבה PX-7 נבדקה"),
        (["أبواب"], "أبواب"),
    ],
)
def test_words_that_run_from_right_to_left_stay_whole(words: list[str], expected: str) -> None:
    pieces, right = [], 520.0
    for word in words:
        pieces.append((word, right, 100.0))
        right -= 6 * len(word) + 4
    lines = read_lines(leftward([*pieces, *((word, at, 130.0) for word, at, _ in pieces)]))
    assert [line.text for line in lines] == [expected, expected]


def test_hebrew_in_an_english_sentence_stays_in_its_place() -> None:
    # "The word שלום is a greeting": the whole is read to the right, the word itself to the left.
    pieces = [("The", 90, 100), ("word", 118, 100), ("שלום", 146, 100), ("is", 162, 100)]
    assert [line.text for line in read_lines(leftward(pieces))] == ["The word שלום is"]


def test_forms_of_arabic_letters_are_stored_as_letters() -> None:
    (line,) = read_lines(leftward([("ﻣﺮﺣﺒﺎ", 300, 100)]))
    assert line.text == "مرحبا"
