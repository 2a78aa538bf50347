"""Recall of text recognition on pictures of pages whose text is known."""

import io
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from benchmarks.parsing.measures import order, word_recall, words
from benchmarks.set_folders import data_folder
from core.errors import ParseError
from ingest.parsers.image import ImageParser
from ingest.parsers.pdf.parser import PdfParser
from ingest.parsers.pictures.recognition import no_recognizer
from ingest.parsers.pictures.recognizer import recognizer

_DPI = 200
_HANGUL = re.compile("[가-힣]")
_PAGES_EACH = 1
_PARAGRAPHS = 5
# Where Debian and Fedora keep fonts with Chinese characters.
CHINESE_FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc"),
)
_PAGE_PIXELS, _MARGIN, _TEXT_PIXELS = (1240, 1754), 100, 34


def recognition() -> Iterator[dict[str, Any]]:
    """Yield the recall of words, or of Chinese characters, by kind of page; empty without a recognizer."""
    if recognizer() is None:
        return
    yield _measured("docling's English PDFs as pictures", list(_rendered()))
    font = next((path for path in CHINESE_FONTS if path.is_file()), None)
    if font:
        yield _measured(f"CMRC 2018 in {font.stem}", list(_chinese(font)))


def _measured(name: str, pages: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    found = expected = given = kept = known = 0
    started = time.process_time()
    for text, picture in pages:
        try:
            read = words(ImageParser().parse(picture, "page.png").text)
        except ParseError:
            read = []
        wanted = words(text)
        same, total = word_recall(wanted, read)
        forward, placed = order(wanted, read)
        found, expected, given = found + same, expected + total, given + len(read)
        kept, known = kept + forward, known + placed
    return {
        "pages": name,
        "count": len(pages),
        "word recall": found / expected,
        "word precision": found / given,
        "order": kept / known,
        "cpu_seconds_per_page": round((time.process_time() - started) / len(pages), 2),
    }


def _rendered() -> Iterator[tuple[str, bytes]]:
    """Yield the text and the picture of the first pages of docling's PDFs, but for Korean ones."""
    for path in sorted((data_folder() / "parse_docling/tests/data/pdf/sources").glob("*.pdf")):
        with closing(pypdfium2.PdfDocument(path)) as document:
            for index in range(min(_PAGES_EACH, len(document))):
                with closing(pypdfium2.PdfDocument.new()) as alone:
                    alone.import_pages(document, [index])
                    content = io.BytesIO()
                    alone.save(content)
                try:
                    text = PdfParser(no_recognizer).parse(content.getvalue(), path.name).text
                except ParseError:
                    continue
                if _HANGUL.search(text):  # the recognizer knows English and Chinese
                    continue
                yield text, _png(document[index].render(scale=_DPI / 72).to_pil())


def _chinese(font: Path) -> Iterator[tuple[str, bytes]]:
    """Yield paragraphs of CMRC 2018 and their pictures."""
    path = data_folder() / "zh_cmrc2018" / "squad-style-data" / "cmrc2018_trial.json"
    articles = json.loads(path.read_text("utf-8"))["data"][:_PARAGRAPHS]
    for article in articles:
        text = article["paragraphs"][0]["context"]
        image = Image.new("L", _PAGE_PIXELS, "white")
        per_line = (_PAGE_PIXELS[0] - 2 * _MARGIN) // _TEXT_PIXELS
        lines = [text[start : start + per_line] for start in range(0, len(text), per_line)]
        face = ImageFont.truetype(font, _TEXT_PIXELS)
        ImageDraw.Draw(image).multiline_text((_MARGIN, _MARGIN), "\n".join(lines), "black", face, spacing=16)
        yield text, _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(_DPI, _DPI))
    return out.getvalue()
