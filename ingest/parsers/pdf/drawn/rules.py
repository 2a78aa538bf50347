"""The straight lines that a page draws along or across, and its strike-out annotations, by PDFium."""

import ctypes
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw

_MAX_OBJECTS, _MAX_SEGMENTS, _MAX_DEPTH = 20_000, 2_000, 3
_MAX_ANNOTATIONS, _MAX_QUADS = 2_000, 2_000
# A line or a closed box; outlines of letters have more.
_MAX_CORNERS = 5
# Thicker ones are areas.
_MAX_THICKNESS_POINTS = 4.0
_MIN_LENGTH_POINTS = 2.0
_MIN_SLENDERNESS = 4  # the length of a filled box, in its thicknesses, from which it is a line
_STRAIGHT = 0.02  # how far a line may lean, as a share of its length
_UNSEEN = 1 << 1 | 1 << 5  # annotation flags Hidden and NoView, ISO 32000-1 table 165

_Matrix = tuple[float, float, float, float, float, float]
_UNMOVED: _Matrix = (1, 0, 0, 1, 0, 0)
_Box = tuple[float, float, float, float]


def ruled_lines(page: Any) -> NDArray[np.float32]:
    """Return the lines on a page, `(n, 4)` left, top, right, bottom in points of the unturned page.

    Thin filled boxes are lines too; a line's box is as thick as the line.
    """
    found = [box for part, matrix in _parts(page) for box in _lines(part, matrix)]
    return np.array(found, np.float32).reshape(-1, 4)


def struck_areas(page: Any) -> NDArray[np.float32]:
    """Return the areas of strike-out annotations, as `ruled_lines` returns lines."""
    found: list[_Box] = []
    for at in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, at)
        if not annotation:
            continue
        is_strike = raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_STRIKEOUT
        if is_strike and not raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
            found += _quads(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
    return np.array(found, np.float32).reshape(-1, 4)


def _quads(annotation: Any) -> Iterator[_Box]:
    quad = raw.FS_QUADPOINTSF()
    for at in range(min(raw.FPDFAnnot_CountAttachmentPoints(annotation), _MAX_QUADS)):
        if raw.FPDFAnnot_GetAttachmentPoints(annotation, at, ctypes.byref(quad)):
            x, y = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
            yield min(x), max(y), max(x), min(y)


def _parts(page: Any) -> Iterator[tuple[Any, _Matrix]]:
    """Yield the drawn paths of a page with the matrix that places each."""
    count = min(raw.FPDFPage_CountObjects(page), _MAX_OBJECTS)
    waiting = [(raw.FPDFPage_GetObject(page, at), _UNMOVED, 1) for at in reversed(range(count))]
    seen = 0
    while waiting and seen < _MAX_OBJECTS:
        seen += 1
        part, outer, depth = waiting.pop()
        kind = raw.FPDFPageObj_GetType(part)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            yield part, outer
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
            inner = _within(_matrix(part), outer)
            inside = min(raw.FPDFFormObj_CountObjects(part), _MAX_OBJECTS)
            waiting += [
                (raw.FPDFFormObj_GetObject(part, at), inner, depth + 1) for at in reversed(range(inside))
            ]


def _matrix(part: Any) -> _Matrix:
    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(part, ctypes.byref(found)):
        return _UNMOVED
    return found.a, found.b, found.c, found.d, found.e, found.f


def _within(inner: _Matrix, outer: _Matrix) -> _Matrix:
    """Return the matrix that applies `inner` and then `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _lines(part: Any, outer: _Matrix) -> Iterator[_Box]:
    """Yield the boxes of the straight lines of a path along or across the page."""
    count = raw.FPDFPath_CountSegments(part)
    fill, stroke, width = ctypes.c_int(), ctypes.c_int(), ctypes.c_float()
    raw.FPDFPath_GetDrawMode(part, ctypes.byref(fill), ctypes.byref(stroke))
    if not (fill.value or stroke.value) or not 2 <= count <= _MAX_SEGMENTS:
        return
    matrix = _within(_matrix(part), outer)
    raw.FPDFPageObj_GetStrokeWidth(part, ctypes.byref(width))
    scale = math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))
    thickness = width.value * scale if stroke.value else 0.0
    for points in _figures(part, count, matrix):
        if len(points) > _MAX_CORNERS:
            continue
        if min(max(place) - min(place) for place in zip(*points, strict=True)) <= _MAX_THICKNESS_POINTS:
            yield from _box(points, thickness)
        elif stroke.value:
            for side in pairwise(points):
                yield from _box(side, thickness)


def _figures(part: Any, count: int, matrix: _Matrix) -> Iterator[list[tuple[float, float]]]:
    """Yield the corners of each figure of a path, placed on the page; figures with curves are left out."""
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    places = ctypes.byref(x), ctypes.byref(y)
    figure: list[tuple[float, float]] = []
    is_curved = False
    for at in range(count):
        segment = raw.FPDFPath_GetPathSegment(part, at)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            if len(figure) > 1 and not is_curved:
                yield figure
            figure, is_curved = [], False
        is_curved = is_curved or kind == raw.FPDF_SEGMENT_BEZIERTO
        if not is_curved:
            raw.FPDFPathSegment_GetPoint(segment, *places)
            figure.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
    if len(figure) > 1 and not is_curved:
        yield figure


def _box(points: Sequence[tuple[float, float]], thickness: float) -> Iterator[_Box]:
    """Yield the box of a line through these points, unless it is short, thick or leans."""
    xs, ys = zip(*points, strict=True)
    left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)
    length, across = max(right - left, top - bottom), min(right - left, top - bottom)
    leans = across > (max(_STRAIGHT * length, 1.0) if thickness else length / _MIN_SLENDERNESS)
    if length < _MIN_LENGTH_POINTS or across + thickness > _MAX_THICKNESS_POINTS or leans:
        return
    grown = thickness / 2
    if right - left >= top - bottom:
        yield left, top + grown, right, bottom - grown
    else:
        yield left - grown, top, right + grown, bottom
