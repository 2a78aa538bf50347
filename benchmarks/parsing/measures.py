"""Measures of a reading against its reference: words, their order, table cells and their neighbours.

Every measure is a pair of counts, (found, expected), so that files can be pooled.
"""

import html
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

# A table is its rows, a row its cells' texts; an empty cell is an empty text.
Table = list[list[str]]
Counts = tuple[int, int]

# Ideographs, kana and syllables are words of one character each: a reference may space them or not.
_WORD = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W_\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_MARKUP = re.compile(
    r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)|(?<=\])\([^)\s]*\)|^\s*```.*$|</?[a-z][^<>]*>",
    re.DOTALL | re.M,
)
# The address behind a link's text, as our parsers write it; a reference's link targets are markup.
_ADDRESS = re.compile(r" \((?:(?:[a-z][a-z0-9+.-]*:)?//[^\s()]*(?:\([^\s()]*\)[^\s()]*)*|[\w.+-]+@[\w.-]+)\)")
_ESCAPE = re.compile(r"\\(?=[\W_])")
_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")
_BAR = re.compile(r"(?<!\\)\|")
_LIST_MARK = re.compile(r"\A\s*[-*•●▪■◦‣]\s+(?=\S)")
_ORDER_WORDS = 3


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case and compatibility form, without signs."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def word_recall(reference: Sequence[str], found: Sequence[str]) -> Counts:
    """Return how many of the reference's words were found, each as often as it occurs there."""
    return (Counter(reference) & Counter(found)).total(), len(reference)


def order(reference: Sequence[str], found: Sequence[str]) -> Counts:
    """Return how many words keep the reference's order, of those that are unambiguous.

    Of the triples of neighbouring words that stand once in both texts, how many lie on the longest
    sequence of them that goes forward in both.
    """
    ours = _once(found)
    places = [ours[triple] for triple in _once(reference) if triple in ours]
    ends: list[int] = []  # the smallest last place of a rising sequence of each length
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends), len(places)


def cell_counts(tables: Iterable[Table]) -> Counter[str]:
    """Return the texts of all filled cells, without spaces and list marks, in lower case."""
    return Counter(filter(None, (_cell(text) for table in tables for row in table for text in row)))


def neighbours(table: Table) -> Counter[tuple[str, str, str]]:
    """Return the adjacency relations of a table's cells, as the ICDAR 2013 table competition counts.

    Each filled cell makes one with the next filled cell to its right and one with the next below it
    (Göbel et al., A Methodology for Evaluating Algorithms for Table Understanding in PDF Documents, 2012).
    """
    rows = [[_cell(text) for text in row] for row in table]
    width = max(map(len, rows), default=0)
    columns = [[row[at] if at < len(row) else "" for row in rows] for at in range(width)]
    pairs: Counter[tuple[str, str, str]] = Counter()
    for direction, lines in (("right", rows), ("below", columns)):
        for line in lines:
            pairs.update((*pair, direction) for pair in pairwise(filter(None, line)))
    return pairs


def plain(markdown: str) -> str:
    """Return Markdown without its markup: comments, images, link targets, tags, escapes."""
    return without_addresses(html.unescape(_ESCAPE.sub("", _MARKUP.sub(" ", markdown))))


def without_addresses(text: str) -> str:
    """Return a text without the addresses in brackets behind its links."""
    return _ADDRESS.sub("", text)


def markdown_tables(markdown: str) -> list[Table]:
    """Return the pipe tables of a Markdown text."""
    return list(_pipe_tables(markdown.splitlines()))


def _pipe_tables(lines: Iterable[str]) -> Iterator[Table]:
    table: Table = []
    for line in [*lines, ""]:
        row = line.strip()
        if row.startswith("|") and row.count("|") > 1:
            if not _RULE.fullmatch(row):
                table.append([plain(cell).replace("**", "").strip() for cell in _BAR.split(row)[1:-1]])
        elif table:
            yield table
            table = []


def _once(found: Sequence[str]) -> dict[tuple[str, ...], int]:
    triples = [tuple(found[at : at + _ORDER_WORDS]) for at in range(len(found) - _ORDER_WORDS + 1)]
    counts = Counter(triples)
    return {triple: at for at, triple in enumerate(triples) if counts[triple] == 1}


def _cell(text: str) -> str:
    # A list in a cell: its mark is one reference's Markdown and another's bullet.
    return "".join(unicodedata.normalize("NFKC", _LIST_MARK.sub("", text, count=1)).lower().split())
