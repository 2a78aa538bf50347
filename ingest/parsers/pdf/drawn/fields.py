"""The fields of a form on the pages of a PDF, with what is filled in, by PDFium."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from pypdfium2 import raw

from ingest.parsers.base import clean
from ingest.parsers.pdf.drawn.places import as_shown
from ingest.parsers.pictures.glyphs import FieldKind, FormField, Glyphs, with_places

_MAX_ANNOTATIONS, _MAX_OPTIONS = 1_000, 2_000
_MAX_VALUE_BYTES = 64_000
_KINDS = {
    raw.FPDF_FORMFIELD_TEXTFIELD: FieldKind.TEXT,
    raw.FPDF_FORMFIELD_COMBOBOX: FieldKind.CHOICE,
    raw.FPDF_FORMFIELD_LISTBOX: FieldKind.CHOICE,
    raw.FPDF_FORMFIELD_CHECKBOX: FieldKind.TICK,
    raw.FPDF_FORMFIELD_RADIOBUTTON: FieldKind.TICK,
}
_UNSEEN = 1 << 1 | 1 << 5  # annotation flags Hidden and NoView, ISO 32000-1 table 165
_MIN_POINTS = 2.0

_Box = tuple[float, float, float, float]


@contextmanager
def opened_form(document: Any) -> Iterator[Any]:
    """Give the handle of the document's form, or None if it has none."""
    form = None
    if raw.FPDF_GetFormType(document) != raw.FORMTYPE_NONE:
        # PDFium keeps a pointer to it. Without callbacks and scripts, nothing in the file can act.
        config = raw.FPDF_FORMFILLINFO(version=2)
        form = raw.FPDFDOC_InitFormFillEnvironment(document, config)
    try:
        yield form
    finally:
        if form:
            raw.FPDFDOC_ExitFormFillEnvironment(form)


def with_fields(glyphs: Glyphs, page: Any, form: Any) -> Glyphs:
    """Return the page with its fields, in the file's order; buttons and signatures are none."""
    found = list(_fields(page, form))
    if not found:
        return glyphs
    boxes = as_shown(np.array([box for _, box in found], np.float32), page)
    fields = tuple(
        replace(field, glyph=number) for number, (field, _) in enumerate(found, start=len(glyphs.codes))
    )
    return replace(with_places(glyphs, boxes), fields=fields)


def _fields(page: Any, form: Any) -> Iterator[tuple[FormField, _Box]]:
    for at in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS) if form else 0):
        annotation = raw.FPDFPage_GetAnnot(page, at)
        if not annotation:
            continue
        if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_WIDGET:
            kind = _KINDS.get(raw.FPDFAnnot_GetFormFieldType(form, annotation))
            if kind is not None:
                yield _field(form, annotation, kind)
        raw.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, annotation: Any, kind: FieldKind) -> tuple[FormField, _Box]:
    """Return a field and its box: left, top, right and bottom in points of the unturned page."""

    def text(function: Callable[..., int]) -> str:
        return _text(lambda buffer, size: function(form, annotation, buffer, size))

    rect = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    left, right = sorted((rect.left, rect.right))
    bottom, top = sorted((rect.bottom, rect.top))
    flags = raw.FPDFAnnot_GetFormFieldFlags(form, annotation)
    is_secret = kind is FieldKind.TEXT and flags & raw.FPDF_FORMFLAG_TEXT_PASSWORD
    is_hidden = raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN or min(right - left, top - bottom) < _MIN_POINTS
    field = FormField(
        kind=kind,
        name=text(raw.FPDFAnnot_GetFormFieldName),
        label=text(raw.FPDFAnnot_GetFormFieldAlternateName),
        value=_value(form, annotation, kind, text),
        is_ticked=kind is FieldKind.TICK and _is_ticked(form, annotation),
        is_shown=not (is_secret or is_hidden),
    )
    return field, (left, top, right, bottom)


def _value(form: Any, annotation: Any, kind: FieldKind, text: Callable[[Callable[..., int]], str]) -> str:
    if kind is FieldKind.CHOICE:
        count = min(raw.FPDFAnnot_GetOptionCount(form, annotation), _MAX_OPTIONS)
        chosen = [at for at in range(count) if raw.FPDFAnnot_IsOptionSelected(form, annotation, at)]
        if chosen:
            return ", ".join(_option(form, annotation, at) for at in chosen)
    return text(raw.FPDFAnnot_GetFormFieldValue)


def _is_ticked(form: Any, annotation: Any) -> bool:
    """Return whether a box is drawn ticked; without a drawn state, whether its field is."""
    state = _text(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, b"AS", buffer, size))
    is_radio = raw.FPDFAnnot_GetFormFieldType(form, annotation) == raw.FPDF_FORMFIELD_RADIOBUTTON
    if not state and not is_radio:
        state = _text(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    return state not in ("", "Off")


def _option(form: Any, annotation: Any, at: int) -> str:
    return _text(lambda buffer, size: raw.FPDFAnnot_GetOptionLabel(form, annotation, at, buffer, size))


def _text(read: Callable[[Any, int], int]) -> str:
    """Return the text that PDFium writes into a buffer, UTF-16, on one line."""
    size = min(read(None, 0), _MAX_VALUE_BYTES)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(_MAX_VALUE_BYTES)
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), _MAX_VALUE_BYTES)
    return clean(buffer.raw[: size - 2].decode("utf-16-le", "replace"))
