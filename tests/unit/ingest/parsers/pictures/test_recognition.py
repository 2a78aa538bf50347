import io

import numpy as np
import pytest
from fakes.recognizer import FakeRecognizer, recognized_line
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from unit.ingest.parsers.parser_samples import boxes, check, said

from core.errors import EmptyDocumentError, ParseError, TooLargeError, UnknownFormatError
from core.values.documents import BlockKind
from ingest.parsers.image import ImageParser
from ingest.parsers.pdf.parser import PdfParser
from ingest.parsers.pictures.recognition import in_columns, no_recognizer
from ingest.parsers.progress import reporting_progress

PAGE = (1000, 1400)  # pixels, and twice the points of the PDF below
LINES = (
    recognized_line("Pump manual", 100, 100, height=40),
    recognized_line("Close the valve before", 100, 200),
    recognized_line("the pump is opened.", 100, 225),
)


def picture(size: tuple[int, int] = PAGE, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **options)
    return out.getvalue()


def scan(pages: int = 1, text: str = "") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(500, 700))
    for _ in range(pages):
        canvas.drawImage(ImageReader(io.BytesIO(picture())), 0, 0, 500, 700)
        written = canvas.beginText(50, 400)
        written.setTextRenderMode(3)
        written.textLines(text)
        canvas.drawText(written)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_a_scanned_page_is_recognized_with_boxes_on_the_page() -> None:
    engine = FakeRecognizer(*LINES)
    document = PdfParser(lambda: engine).parse(scan(), "a.pdf")
    check(document)
    assert said(document) == [
        (BlockKind.HEADING, "Pump manual"),
        (BlockKind.PARAGRAPH, "Close the valve before the pump is opened."),
    ]
    assert document.notices == ("Read by text recognition: page 1.",)
    height, width, channels = engine.shapes[0]
    assert channels == 3
    per_point = width / 500
    assert height / 700 == pytest.approx(per_point, rel=0.01)
    box = boxes(document.pages[0].boxes)[document.text.index("Close")] / 4
    assert box == pytest.approx(np.array([100, 200, 110, 220]) / per_point, abs=0.3)


def test_only_pages_without_a_usable_text_are_recognized() -> None:
    engine = FakeRecognizer(*LINES)
    layer = "\n".join(["The text that a scanner has put under the picture of the page."] * 3)
    document = PdfParser(lambda: engine).parse(scan(text=layer), "a.pdf")
    assert not engine.shapes
    assert document.text.startswith("The text that a scanner has put")
    assert not document.notices


def test_without_a_recognizer_a_scan_says_what_to_install() -> None:
    with pytest.raises(EmptyDocumentError, match=r"pictures without text; .*vademecum\[ocr\].*--retry"):
        PdfParser(no_recognizer).parse(scan(), "a.pdf")
    with pytest.raises(UnknownFormatError, match=r"picture; .*vademecum\[ocr\]"):
        ImageParser(no_recognizer).parse(picture(), "a.png")


def test_a_page_of_low_confidence_is_reported() -> None:
    engine = FakeRecognizer(recognized_line("Clase the vulve", 100, 200, confidence=0.62))
    document = PdfParser(lambda: engine).parse(scan(2), "a.pdf")
    assert [notice for notice in document.notices if "0.62" in notice] == [
        f"Page {page} was recognized with a confidence of 0.62 only; "
        "compare what is cited from it with the page."
        for page in (1, 2)
    ]


def test_a_picture_is_a_page_in_points() -> None:
    document = ImageParser(lambda: FakeRecognizer(*LINES)).parse(picture(dpi=(200, 200)), "a.png")
    check(document)
    page = document.pages[0]
    assert (page.width, page.height) == pytest.approx((360, 504), abs=0.2)
    assert boxes(page.boxes)[document.text.index("Close")][0] / 4 == pytest.approx(100 * 72 / 200, abs=0.3)
    assert document.media_type == "image/png"


def test_each_picture_of_a_tiff_is_a_page_and_is_reported() -> None:
    content = picture(kind="TIFF", save_all=True, append_images=[Image.new("RGB", PAGE)] * 2)
    begun: list[tuple[int, int, bool]] = []
    with reporting_progress(lambda *page: begun.append(page)):
        document = ImageParser(lambda: FakeRecognizer(*LINES)).parse(content, "a.tif")
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert begun == [(1, 3, True), (2, 3, True), (3, 3, True)]


def test_a_picture_is_turned_as_its_camera_was() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right
    engine = FakeRecognizer(*LINES)
    ImageParser(lambda: engine).parse(picture(kind="JPEG", exif=exif), "a.jpg")
    assert engine.shapes == [(1000, 1400, 3)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_the_usual_formats_are_read(kind: str) -> None:
    document = ImageParser(lambda: FakeRecognizer(*LINES)).parse(picture((300, 300), kind), "a")
    assert document.text.startswith("Pump manual")


def test_pictures_that_are_damaged_empty_or_too_large_say_so() -> None:
    parser = ImageParser(FakeRecognizer)
    with pytest.raises(ParseError, match="damaged"):
        parser.parse(picture()[:60], "a.png")
    with pytest.raises(EmptyDocumentError, match="No text"):
        parser.parse(picture(), "a.png")
    with pytest.raises(TooLargeError, match="million pixels"):
        parser.parse(picture((50_000, 1_000)), "a.png")


def test_columns_of_text_are_read_one_after_the_other_and_tables_are_not() -> None:
    title = recognized_line("A title that runs across both of the columns of the page", 0, 0)
    left = [recognized_line(f"left column of text line {number}", 0, 40 + 25 * number) for number in range(5)]
    right = [
        recognized_line(f"right column of text line {number}", 400, 40 + 25 * number) for number in range(5)
    ]
    mixed = [line for pair in zip(left, right, strict=True) for line in pair]
    foot = recognized_line("A footnote that runs across both of the columns of the page", 0, 200)
    assert in_columns([title, *mixed, foot]) == [title, *left, *right, foot]
    cells = [
        recognized_line(f"cell {row}", 200 * column, 30 * row) for row in range(6) for column in range(3)
    ]
    assert in_columns(cells) == cells
