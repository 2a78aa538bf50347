"""Pictures: photographs and scans, read by text recognition if it is installed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import EmptyDocumentError, UnknownFormatError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder
from ingest.parsers.pdf.parser import write_pages
from ingest.parsers.pictures.glyphs import Glyphs, blank, recognized
from ingest.parsers.pictures.recognition import INSTALL, GetRecognizer, Recognizer
from ingest.parsers.pictures.recognizer import recognizer
from ingest.parsers.progress import begin_page

if TYPE_CHECKING:
    from ingest.parsers.pictures.pixels import PictureFile


class ImageParser:
    """Parses pictures; each picture of a TIFF file is a page."""

    media_type = "image/png"

    def __init__(self, recognizer: GetRecognizer = recognizer) -> None:
        self._recognizer = recognizer

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        engine = self._recognizer()
        if engine is None:
            raise UnknownFormatError(f"This is a picture; to read its text, {INSTALL}.")
        # Pillow comes with text recognition, so it is imported only behind that.
        from ingest.parsers.pictures.pixels import PictureFile

        file = PictureFile(content)
        pages = list(_pages(file, engine))
        if not any(len(page.codes) for page in pages):
            raise EmptyDocumentError("No text was found in the picture.")
        builder = DocumentBuilder(media_type=file.media_type)
        write_pages(builder, pages)
        return builder.build(name)


def _pages(file: "PictureFile", engine: Recognizer) -> Iterator[Glyphs]:
    pictures = file.pictures()
    for number in range(1, file.count + 1):
        begin_page(number, file.count, recognizing=True)
        picture = next(pictures)
        lines = engine.recognize(picture.pixels)
        scale = picture.pixels.shape[1] / picture.width
        yield recognized(blank(number, picture.width, picture.height), lines, scale)
