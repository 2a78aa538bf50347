"""The characters of a PDF with their boxes and fonts, by PDFium, which only this and `drawn` import.

The raw functions are called once for each character, through prototypes that keep Python's lock
and write into one buffer: three times as fast as the library's own wrappers.
"""

import ctypes
import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from pypdfium2 import raw

from core.errors import EncryptedError, ParseError
from core.values.metadata import Metadata, metadata_of_properties
from ingest.parsers.pdf.characters import repaired
from ingest.parsers.pdf.drawn.fields import opened_form, with_fields
from ingest.parsers.pdf.drawn.places import as_shown
from ingest.parsers.pdf.drawn.rules import ruled_lines, struck_areas
from ingest.parsers.pdf.drawn.strikes import struck
from ingest.parsers.pdf.drawn.xfa import xfa_values
from ingest.parsers.pdf.hidden import Hidden, Look, hidden_by
from ingest.parsers.pdf.scrap import REPLACEMENT, scrap_reason, unknown_share
from ingest.parsers.pictures.glyphs import Glyphs, blank, filled_in, recognized
from ingest.parsers.pictures.recognition import (
    MAX_IMAGE_PIXELS,
    MAX_RECOGNIZED_PAGES,
    GetRecognizer,
    no_recognizer,
)
from ingest.parsers.progress import begin_page

_BOLD_NAME = re.compile(r"bold|black|heavy|demi|(cm|sf|ec)bx\d|-bd\b|-medi$", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"italic|oblique|slanted|(cm|sf|ec)ti\d|-it$", re.IGNORECASE)
_MONO_NAME = re.compile(r"courier|mono|consol|menlo|cmtt|typewriter|letter ?gothic", re.IGNORECASE)
_FIXED_PITCH, _ITALIC, _FORCE_BOLD = 1 << 0, 1 << 6, 1 << 18  # font descriptor flags, ISO 32000-1 table 123
_FONT_NAME_BYTES = 256
# After so many damaged pages in a row there are no others: a file may claim millions, each costing a search.
_MAX_DAMAGED_PAGES = 1_000
# A page with fewer letters is a scan if pictures cover more than this share of it.
_FEW_LETTERS = 100
_PICTURE_SHARE = 0.5
_POINTS_PER_INCH = 72.0
_RECOGNITION_DPI = 200.0
_LOOK_SCALE = 1.0  # pixels per point; enough to find dark ground behind light text
_MAX_OBJECT_DEPTH = 3
_MAX_OBJECTS = 20_000
# Text render modes that paint nothing, ISO 32000-1 table 106: invisible, and as a clip only.
_UNPAINTED = (3, 7)
_FAINT_ALPHA, _FAINT_CHANNEL = 16, 215  # of 255
_SPACE = 0x20
# Beyond this share the guesses are not better than chance; single signs, such as bullets, are guessed well.
_GUESSED_SHARE = 0.4
_FULL_TURN, _HALF_TURN = 360, 180  # degrees
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
_get_render_mode = _prototype(raw.FPDFTextObj_GetTextRenderMode, ctypes.c_int, ctypes.c_void_p)
_has_error = _prototype(raw.FPDFText_HasUnicodeMapError, ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_get_angle = _prototype(raw.FPDFText_GetCharAngle, ctypes.c_float, ctypes.c_void_p, ctypes.c_int)
_get_fill_color = _prototype(raw.FPDFPageObj_GetFillColor, ctypes.c_int, *[ctypes.c_void_p] * 5)


@dataclass(frozen=True, slots=True)
class PdfText:
    """The text of a PDF, page by page."""

    title: str
    """From the file's properties, or empty."""
    pages: list[Glyphs]
    metadata: Metadata
    """From the file's properties."""


def read_pdf(content: bytes, recognizer: GetRecognizer = no_recognizer) -> PdfText:
    """Return the text of a PDF; a damaged page has no text.

    A page that is a picture is read by the recognizer that `recognizer` returns; if that is None, the page
    is marked as a picture.

    Raises: EncryptedError if the file opens only with a password, ParseError if it is damaged.
    """
    with _LOCK:
        document = _open(content)
        try:
            title, keywords = (document.get_metadata_value(name) for name in ("Title", "Keywords"))
            changed = document.get_metadata_value("ModDate") or document.get_metadata_value("CreationDate")
            metadata = metadata_of_properties(changed, keywords)
            with opened_form(document) as form:
                pages = list(_pages(document, form, recognizer))
            return PdfText(title, filled_in(pages, xfa_values(document)), metadata)
        finally:
            document.close()


def _open(content: bytes) -> Any:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            raise EncryptedError() from error
        if getattr(error, "err_code", None) == raw.FPDF_ERR_SECURITY:
            raise EncryptedError("The PDF is protected by an unknown method and cannot be read.") from error
        raise ParseError(
            "The PDF is damaged or cut off; get a new copy, or print it to a new PDF."
        ) from error


def _pages(document: Any, form: Any, recognizer: GetRecognizer) -> Iterator[Glyphs]:
    fonts: dict[bytes, tuple[bool, bool, bool]] = {}
    damaged = pictures = 0
    count = len(document)
    for number in range(1, count + 1):
        begin_page(number, count)
        try:
            page = document[number - 1]
        except pdfium.PdfiumError:
            yield blank(number)
            damaged += 1
            if damaged >= _MAX_DAMAGED_PAGES:
                return
            continue
        damaged = 0
        try:
            glyphs = _read_page(page, number, fonts)
            is_unread = glyphs.is_picture or scrap_reason(glyphs.codes, _text(glyphs.codes))
            if is_unread and pictures < MAX_RECOGNIZED_PAGES and (engine := recognizer()):
                begin_page(number, count, recognizing=True)
                pictures += 1
                image, scale = _image(page, _RECOGNITION_DPI / _POINTS_PER_INCH)
                glyphs = recognized(glyphs, engine.recognize(image), scale)
            yield with_fields(glyphs, page, form)
        finally:
            page.close()


def _read_page(page: Any, number: int, fonts: dict[bytes, tuple[bool, bool, bool]]) -> Glyphs:
    text_page = raw.FPDFText_LoadPage(page)
    if not text_page:
        return blank(number)
    try:
        handle = ctypes.cast(text_page, ctypes.c_void_p).value
        count = max(raw.FPDFText_CountChars(text_page), 0)
        codes = np.fromiter(map(_get_unicode, repeat(handle, count), range(count)), np.uint32, count)
        codes = _admitted(handle, codes)
        runs = _runs(handle, count)
        styles = _fonts(text_page, runs, count, fonts)
        looks = _looks(runs, count)
        boxes = as_shown(_boxes(handle, count), page)
        angles = _angles(handle, runs, count, page.get_rotation())
    finally:
        raw.FPDFText_ClosePage(text_page)
    is_bare = _letters(codes) < _FEW_LETTERS
    has_picture = (is_bare or Look.INVISIBLE in looks) and _picture_share(page) > _PICTURE_SHARE
    paper = _image(page, _LOOK_SCALE) if Look.FAINT in looks else None
    width, height = page.get_size()
    hidden = hidden_by(looks, boxes, (width, height), paper, is_scanned=has_picture)
    rules, areas = (as_shown(found(page), page) for found in (ruled_lines, struck_areas))
    withdrawn = struck(codes, boxes, angles % _HALF_TURN != 0, rules, areas)
    hidden[withdrawn & (hidden == Hidden.NOT)] = Hidden.STRUCK
    return Glyphs(
        number=number,
        width=width,
        height=height,
        codes=codes,
        boxes=boxes,
        fonts=styles,
        hidden=hidden,
        angles=angles if angles.any() else None,
        is_picture=is_bare and has_picture,
    )


def _admitted(handle: int | None, codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the code points; if PDFium guessed most of them, they are replaced by U+FFFD."""
    count = len(codes)
    guessed = np.fromiter(map(_has_error, repeat(handle, count), range(count)), np.int32, count) == 1
    replaced = np.where(guessed & (codes > _SPACE), REPLACEMENT, codes).astype(np.uint32)
    return replaced if unknown_share(replaced) > _GUESSED_SHARE else codes


def _text(codes: NDArray[np.uint32]) -> str:
    return repaired(codes).astype("<u4").tobytes().decode("utf-32-le")


def _letters(codes: NDArray[np.uint32]) -> int:
    """Return the number of letters and digits whose meaning is known."""
    private = (codes >= 0xE000) & (codes <= 0xF8FF)
    return int(((codes > 0x2F) & (codes != REPLACEMENT) & ~private).sum())


def _picture_share(page: Any) -> float:
    """Return the share of the page that pictures cover; overlaps count twice."""
    covered = 0.0
    for part in islice(page.get_objects(max_depth=_MAX_OBJECT_DEPTH), _MAX_OBJECTS):
        if part.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = part.get_bounds()
            covered += max(right - left, 0.0) * max(top - bottom, 0.0)
    width, height = page.get_size()
    return float(covered / max(width * height, 1.0))


def _image(page: Any, scale: float) -> tuple[NDArray[np.uint8], float]:
    """Return the page as it is shown, `(height, width, 3)` blue, green, red, and its pixels per point."""
    width, height = page.get_size()
    scale = min(scale, math.sqrt(MAX_IMAGE_PIXELS / max(width * height, 1.0)))
    bitmap = page.render(scale=scale, may_draw_forms=False)
    image: NDArray[np.uint8] = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return image, scale


def _boxes(handle: int | None, count: int) -> NDArray[np.float32]:
    buffer = np.zeros((count, 4), np.float32)
    start = buffer.ctypes.data
    addresses = range(start, start + count * _RECT_BYTES, _RECT_BYTES)
    for _ in map(_get_box, repeat(handle, count), range(count), addresses):
        pass
    return buffer


def _runs(handle: int | None, count: int) -> list[tuple[int, int, int]]:
    """Return the text objects, runs in one font, as (first character, end, address)."""
    found = (pointer or 0 for pointer in map(_get_object, repeat(handle, count), range(count)))
    objects = np.fromiter(found, np.uint64, count)
    starts: list[int] = [0, *(np.flatnonzero(np.diff(objects)) + 1).tolist()] if count else []
    ends = [*starts[1:], count]
    return [(start, end, int(objects[start])) for start, end in zip(starts, ends, strict=False)]


def _fonts(
    text_page: Any, runs: list[tuple[int, int, int]], count: int, known: dict[bytes, tuple[bool, bool, bool]]
) -> NDArray[np.bool_]:
    """Return for each character whether its font is bold, italic and of fixed pitch."""
    styles = np.zeros((count, 3), np.bool_)
    name, flags = ctypes.create_string_buffer(_FONT_NAME_BYTES), ctypes.c_int()
    for start, end, _ in runs:
        raw.FPDFText_GetFontInfo(text_page, start, name, _FONT_NAME_BYTES, ctypes.byref(flags))
        key = name.value + b"%d" % flags.value
        if key not in known:
            known[key] = _style(name.value.decode("latin-1"), flags.value)
        styles[start:end] = known[key]
    return styles


def _looks(runs: list[tuple[int, int, int]], count: int) -> NDArray[np.uint8]:
    """Return the `Look` of each character."""
    looks = np.zeros(count, np.uint8)
    channels = (ctypes.c_uint * 4)()
    first = ctypes.addressof(channels)
    addresses = range(first, first + ctypes.sizeof(channels), ctypes.sizeof(ctypes.c_uint))
    for start, end, address in runs:
        if not address:  # PDFium inserted these
            continue
        if _get_render_mode(address) in _UNPAINTED:
            looks[start:end] = Look.INVISIBLE
        elif _get_fill_color(address, *addresses):
            red, green, blue, alpha = channels
            if alpha < _FAINT_ALPHA:
                looks[start:end] = Look.INVISIBLE
            elif min(red, green, blue) > _FAINT_CHANNEL:
                looks[start:end] = Look.FAINT
    return looks


def _angles(
    handle: int | None, runs: list[tuple[int, int, int]], count: int, rotation: int
) -> NDArray[np.int16]:
    """Return by how many degrees each character is turned on the page as shown; see `Glyphs.angles`."""
    angles = np.zeros(count, np.int16)
    for start, end, address in runs:
        if address:
            angles[start:end] = round(math.degrees(_get_angle(handle, start)) + rotation) % _FULL_TURN
    return angles


def _style(name: str, flags: int) -> tuple[bool, bool, bool]:
    bold = bool(flags & _FORCE_BOLD or _BOLD_NAME.search(name))
    italic = bool(flags & _ITALIC or _ITALIC_NAME.search(name))
    return bold, italic, bool(flags & _FIXED_PITCH or _MONO_NAME.search(name))
