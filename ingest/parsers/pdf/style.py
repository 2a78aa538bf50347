"""The usual style of a PDF's lines, from which headings, code and new paragraphs differ."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.parsers.pdf.lines import Line

# A heading is larger than the body by at least this factor; smaller differences come from other fonts.
_HEADING_SIZE = 1.13
# A line that is larger by this factor is a heading even if it reads like a sentence.
_LARGE = 1.4
_MAX_HEADING_CHARS = 160
_MAX_BOLD_HEADING_CHARS = 110
_MAX_LEVEL = 6
# A look, such as bold, that more than this share of the text has is the body's style.
_USUAL_SHARE = 0.4
_SIZE_STEP_POINTS = 0.5
_DEFAULT_PITCH = 1.05  # of a line's height
_MAX_PITCH = 2.3


# The end of a line in a table of contents.
LEADER = re.compile(r" … ?\S{1,8}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The style of a document's usual line, the body's."""

    size: float
    """The height of a line in points."""
    pitch: float
    """The step from one line to the next, as a share of `size`."""
    is_bold: bool
    """Whether the body is bold, so that bold does not mark headings."""
    is_italic: bool
    """As `is_bold`."""
    is_mono: bool
    """Whether the body is of fixed pitch, so that fixed pitch does not mark code."""
    heading_sizes: tuple[float, ...]
    """The heights of headings in points, the largest first."""

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
        """Return the level of a heading: the rank of its size in the document."""
        larger = sum(size > line.size * 1.04 for size in self.heading_sizes)
        return min(larger + 1, _MAX_LEVEL)

    def is_code(self, line: Line) -> bool:
        """Return whether a line is set like code."""
        return line.mono and not self.is_mono


def style_of(pages: Iterable[Sequence[Line]]) -> Style:
    """Return the usual style of these lines, weighted by their length."""
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
    """Return the sizes, the largest first, without those that are about equal to a larger one."""
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
