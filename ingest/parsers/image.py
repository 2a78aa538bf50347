"""Pictures: photographs and scans, read by text recognition where that is installed."""

import io
from collections.abc import Iterator
from itertools import islice

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from core.errors import EmptyDocumentError, ParseError, TooLargeError, UnknownFormatError
from core.values import ParsedDocument
from ingest.parsers.base import DocumentBuilder
from ingest.parsers.glyphs import Glyphs, blank, recognized
from ingest.parsers.pdf import write_pages
from ingest.parsers.progress import begin_page
from ingest.parsers.recognition import (
    INSTALL,
    MAX_IMAGE_PIXELS,
    MAX_RECOGNIZED_PAGES,
    GetRecognizer,
    Recognizer,
    recognizer,
)

# Of the formats that Pillow reads, those that people keep documents in.
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
# The only one whose further pictures are pages and not movement.
_PAGED = "TIFF"
# More helps nobody read: the shorter side of a page at 300 dots per inch is 2,500.
_MAX_SIDE_PIXELS = 4_000
_POINTS_PER_INCH = 72.0
_USUAL_DPI = 150.0
_LIKELY_DPI = (50.0, 1_300.0)


class ImageParser:
    """Reads the text of pictures; each picture of a TIFF file is a page."""

    extensions = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"})
    media_type = "image/png"

    def __init__(self, recognizer: GetRecognizer = recognizer) -> None:
        self._recognizer = recognizer

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        engine = self._recognizer()
        if engine is None:
            raise UnknownFormatError(f"This is a picture; to read what it says, {INSTALL}.")
        with _open(content) as image:
            builder = DocumentBuilder(Image.MIME.get(image.format or "", self.media_type))
            pages = list(_pages(image, engine))
        if not any(len(page.codes) for page in pages):
            raise EmptyDocumentError("No text was found on the picture.")
        write_pages(builder, pages)
        return builder.build(name)


def _open(content: bytes) -> Image.Image:
    limit = TooLargeError(
        f"The picture has more than {MAX_IMAGE_PIXELS / 1e6:g} million pixels; make it smaller."
    )
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise limit from error
    except OSError as error:
        raise ParseError("The picture is damaged or cut off; get it anew.") from error
    if image.width * image.height > MAX_IMAGE_PIXELS:
        raise limit
    return image


def _pages(image: Image.Image, engine: Recognizer) -> Iterator[Glyphs]:
    count = min(getattr(image, "n_frames", 1) if image.format == _PAGED else 1, MAX_RECOGNIZED_PAGES)
    for number, frame in enumerate(islice(ImageSequence.Iterator(image), count), start=1):
        if frame.width * frame.height > MAX_IMAGE_PIXELS:
            yield blank(number)
            continue
        begin_page(number, count, recognizing=True)
        points_per_pixel = _POINTS_PER_INCH / _dpi(frame)
        try:
            upright = ImageOps.exif_transpose(frame).convert("RGB")
        except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises on damaged pictures
            raise ParseError("The picture is damaged or cut off; get it anew.") from error
        width, height = upright.width * points_per_pixel, upright.height * points_per_pixel
        upright.thumbnail((_MAX_SIDE_PIXELS, _MAX_SIDE_PIXELS))
        pixels = np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
        lines = engine.recognize(pixels)
        yield recognized(blank(number, width, height), lines, upright.width / width)


def _dpi(image: Image.Image) -> float:
    """Return the pixels per inch that a picture claims, or a usual number if that is unlikely."""
    try:
        dpi = float(image.info.get("dpi", (0.0,))[0])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return _USUAL_DPI
    return dpi if _LIKELY_DPI[0] <= dpi <= _LIKELY_DPI[1] else _USUAL_DPI
