"""What is usual in a PDF, so that what is unusual can be told: headings, code, new paragraphs."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.parsers.pdf.lines import Line

# A heading is larger than the body by at least this; smaller differences are other fonts.
_HEADING_SIZE = 1.13
# Beyond this a line is a heading even if it reads like a sentence.
_LARGE = 1.4
_MAX_HEADING_CHARS = 160
_MAX_BOLD_HEADING_CHARS = 110
_MAX_LEVEL = 6
# Where more than this much is bold, or of fixed pitch, it is the body's style.
_USUAL_SHARE = 0.4
_SIZE_STEP_POINTS = 0.5
_DEFAULT_PITCH = 1.05  # of a line's height
_MAX_PITCH = 2.3


# The end of a line of a table of contents.
LEADER = re.compile(r" … ?\S{1,8}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A document's usual line: its height in points, its pitch as a share of that, its font."""

    size: float
    pitch: float
    is_bold: bool
    is_italic: bool
    is_mono: bool
    heading_sizes: tuple[float, ...]

    def is_heading(self, line: Line) -> bool:
        """Return whether a line looks like a heading or a part of one."""
        text = line.text
        if len(line.segments) > 1 or len(text) > _MAX_HEADING_CHARS or not _has_word(text):
            return False
        if LEADER.search(text):
            return False
        if self.is_large(line):
            is_sentence = text[0].islower() or text.endswith(".")
            return not text.endswith((",", ";")) and (not is_sentence or line.size > self.size * _LARGE)
        is_marked = (line.bold and not self.is_bold) or (line.italic and not self.is_italic)
        stands_out = is_marked and line.size > 0.9 * self.size
        return stands_out and len(text) <= _MAX_BOLD_HEADING_CHARS and not text.endswith((".", ",", ";"))

    def is_large(self, line: Line) -> bool:
        """Return whether a line is larger than the body's."""
        return line.size >= self.size * _HEADING_SIZE

    def level(self, line: Line) -> int:
        """Return a heading's level: the rank of its size in the document."""
        larger = sum(size > line.size * 1.04 for size in self.heading_sizes)
        return min(larger + 1, _MAX_LEVEL)

    def is_code(self, line: Line) -> bool:
        """Return whether a line is set like code."""
        return line.mono and not self.is_mono


def style_of(pages: Iterable[Sequence[Line]]) -> Style:
    """Return what is usual in these lines, weighed by their length."""
    lines = [line for page in pages for line in page]
    chars: Counter[float] = Counter()
    for line in lines:
        chars[_rounded(line.size)] += len(line.text)
    size = chars.most_common(1)[0][0] if chars else 1.0
    enough = _USUAL_SHARE * max(chars.total(), 1)
    bold, italic, mono = (
        sum(len(line.text) for line in lines if getattr(line, font)) > enough
        for font in ("bold", "italic", "mono")
    )
    usual = Style(
        size=size, pitch=_pitch(lines, size), is_bold=bold, is_italic=italic, is_mono=mono, heading_sizes=()
    )
    sizes = {_rounded(line.size) for line in lines if usual.is_heading(line)}
    return replace(usual, heading_sizes=tuple(_apart(sizes)))


def _apart(sizes: Iterable[float]) -> list[float]:
    """Return the sizes that differ by more than a rounding from the next larger one."""
    kept: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not kept or size < kept[-1] * 0.96:
            kept.append(size)
    return kept


def _pitch(lines: Sequence[Line], size: float) -> float:
    """Return the usual step from a line of the body to the next, as a share of its height."""
    steps: Counter[float] = Counter()
    for line, following in pairwise(lines):
        step = (following.middle - line.middle) / size
        if _rounded(line.size) == size and 0.5 < step < _MAX_PITCH:
            steps[round(step, 1)] += 1
    return max(steps.most_common(1)[0][0], 0.8) if steps else _DEFAULT_PITCH


def _rounded(size: float) -> float:
    return max(round(size / _SIZE_STEP_POINTS), 1) * _SIZE_STEP_POINTS


def _has_word(text: str) -> bool:
    return sum(character.isalpha() for character in text) >= 2
