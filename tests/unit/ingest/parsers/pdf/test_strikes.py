"""Text that is struck out is withdrawn: it is left out, and a notice says so."""

from collections.abc import Callable

import pytest
from reportlab.lib.colors import red
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.pdf.drawing import draw, parse, rows_at

SIZE = 11
MIDDLE = 0.28  # of the letters' size above the line that they stand on


def strike(canvas: Canvas, x: float, y: float, text: str, kind: str) -> None:
    width, middle = stringWidth(text, "Helvetica", SIZE), y + MIDDLE * SIZE
    if kind == "stroke":
        canvas.line(x, middle, x + width, middle)
    elif kind == "filled":
        canvas.rect(x, middle - 0.3, width, 0.6, stroke=0, fill=1)
    elif kind == "double":
        canvas.line(x, middle - 1, x + width, middle - 1)
        canvas.line(x, middle + 1, x + width, middle + 1)
    elif kind == "letters":
        for letter in text:
            step = stringWidth(letter, "Helvetica", SIZE)
            canvas.line(x, middle, x + step, middle)
            x += step
    else:
        path = canvas.beginPath()
        for number in range(2):  # one path of several figures, the other one elsewhere on the page
            path.moveTo(x, middle - 400 * number)
            path.lineTo(x + width, middle - 400 * number)
        canvas.setStrokeColor(red)
        canvas.drawPath(path)


def sentence(kind: str, *parts: str) -> Callable[[Canvas, int], None]:
    """Draws parts side by side; those in brackets are struck."""

    def page(canvas: Canvas, _: int) -> None:
        x = 72.0
        for part in parts:
            text = part.strip("[]")
            canvas.drawString(x, 700, text)
            if part.startswith("["):
                strike(canvas, x, 700, text, kind)
            x += stringWidth(f"{text} ", "Helvetica", SIZE)

    return page


@pytest.mark.parametrize("kind", ["stroke", "filled", "double", "letters", "path"])
@pytest.mark.parametrize(
    ("parts", "kept", "left_out"),
    [
        (("A key costs", "[40]", "55 crowns."), "A key costs 55 crowns.", "40"),
        (("The gate", "[opens at six and]", "stays shut."), "The gate stays shut.", "opens at six and"),
        (("Fill", "[7]", "9 litres."), "Fill 9 litres.", "7"),
        (("[Smoking is allowed here.]", "No smoking."), "No smoking.", "Smoking is allowed here."),
    ],
)
def test_struck_text_is_left_out_and_reported(
    kind: str, parts: tuple[str, ...], kept: str, left_out: str
) -> None:
    document = parse(draw(sentence(kind, *parts)))
    assert document.text == kept
    assert document.notices == (f"Text that is struck out was left out on page 1: “{left_out}”",)


def test_struck_text_on_its_side_is_left_out() -> None:
    def page(canvas: Canvas, number: int) -> None:
        canvas.translate(400, 100)
        canvas.rotate(90)
        canvas.translate(0, -650)
        sentence("stroke", "The hoist lifts", "[5 tonnes]", "4 tonnes.")(canvas, number)

    assert parse(draw(page)).text == "The hoist lifts 4 tonnes."


@pytest.mark.parametrize("kind", ["underline", "over", "ruled", "grid", "boxed", "crossing", "part"])
def test_other_lines_do_not_withdraw_text(kind: str) -> None:
    text = "The hoist lifts 4 tonnes."
    width = stringWidth(text, "Helvetica", SIZE)

    def page(canvas: Canvas, _: int) -> None:
        canvas.drawString(72, 700, text)
        middle = 700 + MIDDLE * SIZE
        if kind == "underline":
            canvas.line(72, 698.5, 72 + width, 698.5)
        elif kind == "over":
            canvas.line(72, 711, 72 + width, 711)
        elif kind == "ruled":
            canvas.line(72, 696, 500, 696)
            canvas.line(72, 713, 500, 713)
        elif kind == "grid":
            canvas.line(40, middle, 540, middle)
        elif kind == "boxed":
            canvas.rect(70, 696, width + 4, 16)
        elif kind == "crossing":
            canvas.line(90, 650, 90, 750)
        else:  # a stroke of a drawing through a part of a word
            canvas.line(98, middle, 110, middle)

    document = parse(draw(page))
    assert document.text == text
    assert not document.notices


def annotated(subtype: bytes, x0: float, x1: float) -> bytes:
    def page(canvas: Canvas, _: int) -> None:
        rows_at(canvas, 700, ((72, "Spare part"), (300, "BX-9")), ((72, "Maker"), (300, "Roth")))
        corners = (x0, 710, x1, 710, x0, 697, x1, 697)
        canvas.highlightAnnotation("", Rect=(x0, 697, x1, 710), QuadPoints=corners)

    content = draw(page)
    assert content.count(b"/Highlight") == 1
    return content.replace(b"/Highlight", subtype)


def test_a_strike_out_annotation_withdraws_text_and_a_highlight_does_not() -> None:
    struck = parse(annotated(b"/StrikeOut", 298, 330))
    assert "BX-9" not in struck.text
    assert struck.notices == ("Text that is struck out was left out on page 1: “BX-9”",)
    assert "BX-9" in parse(annotated(b"/Highlight", 298, 330)).text
