"""PDFium behind one function: the characters of a PDF with their boxes and fonts.

The raw functions are called once for each character, through prototypes that keep Python's lock
and write into one buffer: three times as fast as the library's own wrappers.
"""

import ctypes
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from pypdfium2 import raw

from core.errors import EncryptedError, ParseError

_BOLD_NAME = re.compile(r"bold|black|heavy|demi|(cm|sf|ec)bx\d|-bd\b|-medi$", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"italic|oblique|slanted|(cm|sf|ec)ti\d|-it$", re.IGNORECASE)
_MONO_NAME = re.compile(r"courier|mono|consol|menlo|cmtt|typewriter|letter ?gothic", re.IGNORECASE)
_FIXED_PITCH, _ITALIC, _FORCE_BOLD = 1 << 0, 1 << 6, 1 << 18  # font descriptor flags, ISO 32000-1 table 123
_FONT_NAME_BYTES = 256
# So many damaged pages in a row are none: a file may claim millions, each of which takes a search.
_MAX_DAMAGED_PAGES = 1_000
_RECT_BYTES = 16  # four floats: left, top, right, bottom
# PDFium is not safe to use from two threads at once.
_LOCK = threading.Lock()


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


_get_unicode = _prototype(raw.FPDFText_GetUnicode, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)
_get_object = _prototype(raw.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_get_box = _prototype(
    raw.FPDFText_GetLooseCharBox, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of one page in the order in which the file draws them.

    `codes` `(n,) uint32` are code points; `boxes` `(n, 4) float32` are x0, y0, x1, y1 in points
    from the top left corner of the page as it is shown, all zero for a character that PDFium put
    in itself; `fonts` `(n, 3) bool` tells whether the font is bold, italic and of fixed pitch.
    `width` and `height` are in points.
    """

    number: int
    width: float
    height: float
    codes: NDArray[np.uint32]
    boxes: NDArray[np.float32]
    fonts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PdfText:
    """What is drawn as text in a file: its title, or nothing, and its pages."""

    title: str
    pages: list[Glyphs]


def read_pdf(content: bytes) -> PdfText:
    """Return the text of a PDF; a page that is damaged has none.

    Raises: EncryptedError if it opens only with a password, ParseError if it is damaged.
    """
    with _LOCK:
        document = _open(content)
        try:
            title = document.get_metadata_value("Title")
            return PdfText(title, list(_pages(document)))
        finally:
            document.close()


def _open(content: bytes) -> Any:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            raise EncryptedError() from error
        if getattr(error, "err_code", None) == raw.FPDF_ERR_SECURITY:
            raise EncryptedError("The PDF is protected by a method that cannot be read.") from error
        raise ParseError("The PDF is damaged or cut off; get it anew or print it to a new PDF.") from error


def _pages(document: Any) -> Iterator[Glyphs]:
    fonts: dict[bytes, tuple[bool, bool, bool]] = {}
    damaged = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            yield _blank(index + 1)
            damaged += 1
            if damaged >= _MAX_DAMAGED_PAGES:
                return
            continue
        damaged = 0
        try:
            yield _read_page(page, index + 1, fonts)
        finally:
            page.close()


def _blank(number: int) -> Glyphs:
    fonts = np.zeros((0, 3), np.bool_)
    return Glyphs(number, 0.0, 0.0, np.zeros(0, np.uint32), np.zeros((0, 4), np.float32), fonts)


def _read_page(page: Any, number: int, fonts: dict[bytes, tuple[bool, bool, bool]]) -> Glyphs:
    text_page = raw.FPDFText_LoadPage(page)
    if not text_page:
        return _blank(number)
    try:
        handle = ctypes.cast(text_page, ctypes.c_void_p).value
        count = max(raw.FPDFText_CountChars(text_page), 0)
        codes = np.fromiter(map(_get_unicode, repeat(handle, count), range(count)), np.uint32, count)
        styles = _fonts(text_page, handle, count, fonts)
        boxes = _boxes(handle, count)
    finally:
        raw.FPDFText_ClosePage(text_page)
    width, height = page.get_size()
    return Glyphs(number, width, height, codes, _as_shown(boxes, page), styles)


def _boxes(handle: int | None, count: int) -> NDArray[np.float32]:
    buffer = np.zeros((count, 4), np.float32)
    start = buffer.ctypes.data
    addresses = range(start, start + count * _RECT_BYTES, _RECT_BYTES)
    for _ in map(_get_box, repeat(handle, count), range(count), addresses):
        pass
    return buffer


def _fonts(
    text_page: Any, handle: int | None, count: int, known: dict[bytes, tuple[bool, bool, bool]]
) -> NDArray[np.bool_]:
    """Return for each character whether its font is bold, italic and of fixed pitch.

    The font is asked for once a text object, which is a run of characters in one font.
    """
    styles = np.zeros((count, 3), np.bool_)
    found = (pointer or 0 for pointer in map(_get_object, repeat(handle, count), range(count)))
    objects = np.fromiter(found, np.uint64, count)
    starts: list[int] = [0, *(np.flatnonzero(np.diff(objects)) + 1).tolist()] if count else []
    name, flags = ctypes.create_string_buffer(_FONT_NAME_BYTES), ctypes.c_int()
    for start, end in zip(starts, [*starts[1:], count], strict=False):
        raw.FPDFText_GetFontInfo(text_page, start, name, _FONT_NAME_BYTES, ctypes.byref(flags))
        key = name.value + b"%d" % flags.value
        if key not in known:
            known[key] = _style(name.value.decode("latin-1"), flags.value)
        styles[start:end] = known[key]
    return styles


def _style(name: str, flags: int) -> tuple[bool, bool, bool]:
    bold = bool(flags & _FORCE_BOLD or _BOLD_NAME.search(name))
    italic = bool(flags & _ITALIC or _ITALIC_NAME.search(name))
    return bold, italic, bool(flags & _FIXED_PITCH or _MONO_NAME.search(name))


def _as_shown(rects: NDArray[np.float32], page: Any) -> NDArray[np.float32]:
    """Turn PDFium's rectangles, which count from the bottom of the unturned page, to the page shown."""
    left, bottom, right, top = page.get_bbox()
    x0, y1, x1, y0 = rects.T  # PDFium's order is left, top, right, bottom
    placed = (x0 != x1) | (y0 != y1)
    turned = {
        0: (x0 - left, top - y1, x1 - left, top - y0),
        90: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: (top - y1, right - x1, top - y0, right - x0),
    }[page.get_rotation()]
    boxes = np.stack(turned, axis=1).astype(np.float32)
    boxes[~placed] = 0
    return np.nan_to_num(boxes)
