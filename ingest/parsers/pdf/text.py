"""Texts whose characters know their glyphs, and lines joined into such texts."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.parsers.pdf.lines import NO_GLYPH, Line, joined

# A text, and for each character the index of its glyph on the page, or -1.
Text = tuple[str, NDArray[np.int32]]

# Chinese and Japanese are written without spaces; Korean is not.
OWN_HYPHEN = "\u2011"
"""Stands at the end of a line for a hyphen that belongs to its word; `plain` puts the usual one."""
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_BROKEN_WORD = re.compile(r"[^\W\d_]{2}[-\u2010]$")


def plain(text: str) -> str:
    """Return a text as it is stored, each `OWN_HYPHEN` as a hyphen."""
    return text.replace(OWN_HYPHEN, "-")


def line_text(line: Line) -> Text:
    """Return a line's segments as one text."""
    parts = [(segment.text, segment.glyphs) for segment in line.segments]
    return parts[0] if len(parts) == 1 else joined(parts, " ")


def join_lines(lines: Iterable[Line]) -> Text:
    """Return lines as running text; words that are hyphenated at the end of a line are joined."""
    return join_texts([line_text(line) for line in lines])


def join_texts(parts: Sequence[Text]) -> Text:
    """Return texts as running text."""
    if len(parts) == 1:
        return parts[0]
    texts: list[str] = []
    glyphs: list[NDArray[np.int32]] = []
    for position, (text, part) in enumerate(parts):
        following = parts[position + 1][0] if position + 1 < len(parts) else ""
        if following[:1].islower() and _BROKEN_WORD.search(text):
            texts.append(text[:-1])
            glyphs.append(part[:-1])
        elif not following or (_UNSPACED.match(text[-1]) and _UNSPACED.match(following[0])):
            texts.append(text)
            glyphs.append(part)
        elif text.endswith(("-", "/", "\u2010", OWN_HYPHEN)) and len(text) > 1 and text[-2].isalnum():
            # `well-Known` or a path, broken at its own hyphen or slash.
            texts.append(text)
            glyphs.append(part)
        else:
            texts.append(text + " ")
            glyphs.append(np.append(part, np.int32(NO_GLYPH)))
    return "".join(texts), np.concatenate(glyphs)
