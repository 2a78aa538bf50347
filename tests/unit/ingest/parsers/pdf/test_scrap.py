"""Pages whose file does not say what they say are reported, and their text is left out."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.pdf.drawing import draw, parse

from core.errors import EmptyDocumentError
from ingest.parsers.pdf.parser import PdfParser
from ingest.parsers.pdf.scrap import scrap_reason
from ingest.parsers.pictures.recognition import RecognizedLine

PROSE = (
    "The ferry leaves the northern pier at nine and returns at noon.",
    "Bicycles are carried on the lower deck; motorcycles need a ticket.",
    "In strong wind the captain may cancel a trip without notice.",
)


def shifted(text: str) -> str:
    """As a font without a table of its letters gives them: each code is that of another letter."""
    return "".join(chr((ord(letter) - 29) % 128) if letter.isalpha() else letter for letter in text)


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "shifted": (shifted, "spell no words"),
    "run together": (lambda text: text.replace(" ", "").strip("."), "run into each other"),
    "torn": (lambda text: " ".join(text.replace(" ", "")), "torn into letters"),
}


def pages(*texts: tuple[str, ...]) -> bytes:
    def page(canvas: Canvas, number: int) -> None:
        for row, line in enumerate(texts[number]):
            canvas.drawString(40, 700 - 16 * row, line)

    return draw(page, len(texts))


@pytest.mark.parametrize("kind", BROKEN)
def test_a_page_of_scrap_is_left_out_and_reported(kind: str) -> None:
    broken, why = BROKEN[kind]
    document = parse(pages(PROSE, tuple(broken(line) for line in PROSE * 2)))
    assert document.text == " ".join(PROSE)
    assert any("page 2" in notice and why in notice for notice in document.notices)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_of_scrap_alone_is_refused_with_the_reason(kind: str) -> None:
    broken, why = BROKEN[kind]
    with pytest.raises(EmptyDocumentError, match=why):
        parse(pages(tuple(broken(line) for line in PROSE * 2)))


class Reader:
    """Recognizes the same line on every picture."""

    def recognize(self, image: NDArray[np.uint8]) -> list[RecognizedLine]:
        boxes = np.array([(100 + 12 * at, 200, 112 + 12 * at, 224) for at in range(9)], np.float32)
        return [RecognizedLine("The ferry", boxes, 0.98)]


def test_a_page_of_scrap_is_recognized_where_that_is_installed() -> None:
    content = pages(tuple(shifted(line) for line in PROSE * 2))
    document = PdfParser(Reader).parse(content, "a.pdf")
    assert document.text == "The ferry"
    assert document.notices == ("Read by text recognition: page 1.",)


def test_letters_whose_meaning_is_unknown_are_scrap() -> None:
    codes = np.array([0xFFFD, 0xE012, 0x41] * 40, np.uint32)
    assert "do not say" in scrap_reason(codes, "A" * 40)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"P{n} | {440 + n} h | {30 + n} g" for n in range(60)),
        "\n".join(f"{n} | A | B | C | D | E" for n in range(60)),
        "\n".join(f"HTTP{n} XLSX PSNR: the server answers late" for n in range(40)),
        "Betriebssicherheitsverordnung Rettungsdienst und Feuerwehr im Hafen " * 20,
        "值班员每日巡查四次，每次巡查须记录油温。" * 10,
        "Насос останавливают перед каждой проверкой. " * 10,
        "https://example.org/a/very/long/path/with-many-words-in-it and a text beside it " * 9,
    ],
    ids=["codes", "answers", "acronyms", "german", "chinese", "russian", "links"],
)
def test_real_text_of_all_kinds_is_not_scrap(text: str) -> None:
    assert scrap_reason(np.frombuffer(text.encode("utf-32-le"), np.uint32), text) == ""
