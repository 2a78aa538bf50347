"""Running headers, footers and page numbers: lines that many pages repeat at the same height."""

import re
from collections import Counter
from collections.abc import Sequence

from ingest.parsers.pdf.lines import Line
from ingest.parsers.pdf.style import Style

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page )?(?:\d{1,4}|[ivxlc]{1,6})(?:\W*(?:of|/)?\W*\d{1,4})?\W*", re.IGNORECASE
)
# Such lines stand in these shares of a page, from its top and from its bottom.
_MARGIN_SHARE = 0.14
# A line may move a little from page to page.
_HEIGHT_STEP_POINTS = 8.0
_MIN_PAGES = 2
# Left and right pages may differ, so a line may stand on less than half of all pages.
_MIN_SHARE = 0.4

_Key = tuple[str, int]


def without_furniture(
    pages: Sequence[list[Line]], heights: Sequence[float], style: Style
) -> list[list[Line]]:
    """Return the pages' lines without page numbers and repeated lines; numbers in them may differ."""
    seen: Counter[_Key] = Counter()
    for lines, height in zip(pages, heights, strict=True):
        marginal = [line for line in lines if _is_marginal(line, height) and not style.is_large(line)]
        seen.update({key for line in marginal for key in _keys(line)})
    pages = [
        [line for line in lines if not (_is_marginal(line, height) and _PAGE_NUMBER.fullmatch(line.text))]
        for lines, height in zip(pages, heights, strict=True)
    ]
    enough = max(_MIN_PAGES, _MIN_SHARE * sum(bool(lines) for lines in pages))
    repeated = {key for key, count in seen.items() if count >= enough}
    if not repeated:
        return list(pages)
    return [
        [line for line in lines if not (_is_marginal(line, height) and repeated.intersection(_keys(line)))]
        for lines, height in zip(pages, heights, strict=True)
    ]


def _is_marginal(line: Line, height: float) -> bool:
    return line.y1 < _MARGIN_SHARE * height or line.y0 > (1 - _MARGIN_SHARE) * height


def _keys(line: Line) -> list[_Key]:
    """Return the keys by which lines count as repeated: the words, with the height or the next step."""
    words = _DIGITS.sub("#", line.text.lower())
    step = int(line.middle / _HEIGHT_STEP_POINTS)
    return [
        (words, step),
        (words, step + (1 if line.middle % _HEIGHT_STEP_POINTS > _HEIGHT_STEP_POINTS / 2 else -1)),
    ]
