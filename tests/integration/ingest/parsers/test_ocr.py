"""Text recognition with the real engine, in the process that parses."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont

from core.settings import IngestSettings
from ingest.sandbox.pool import ParserSandbox

pytest.importorskip("rapidocr", reason="text recognition is an extra: pip install '.[ocr]'")

SENTENCES = (
    "Close the valve V-42 before the pump is opened.",
    "Fault code E1234 means that the fan is blocked.",
)
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    pool = ParserSandbox(IngestSettings(parser_processes=1))
    yield pool
    pool.close()


def picture(kind: str) -> bytes:
    image = Image.new("L", (1000, 300), "white")
    draw = ImageDraw.Draw(image)
    for number, sentence in enumerate(SENTENCES):
        draw.text((60, 60 + 60 * number), sentence, font=ImageFont.truetype(FONT, 30), fill="black")
    out = io.BytesIO()
    image.save(out, kind, resolution=150.0)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "PDF"])
def test_what_a_picture_says_is_found_where_it_stands(sandbox: ParserSandbox, kind: str) -> None:
    document = sandbox.parse(picture(kind), f"scan.{kind.lower()}")
    text = " ".join(document.text.split())
    assert all(sentence in text for sentence in SENTENCES)
    assert document.notices == ("Read by text recognition: page 1.",)
    page = document.pages[0]
    assert page.boxes
    assert page.width == pytest.approx(480, abs=2)
