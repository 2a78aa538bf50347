"""Identifiers such as `E-42`, and quoted phrases: a search has to find them exactly as written."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from core.text.language import HYPHENS, LOOSE_JOINT, TOKEN, cjk_share, is_identifier, terms

# Two identifiers are near each other up to this many edits, and up to one edit for three characters.
MOST_EDITS = 2
_QUOTED = re.compile(r'"([^"\n]{3,200})"|“([^”\n]{3,200})”|«([^»\n]{3,200})»|「([^」\n]{2,200})」')


def identifiers(text: str) -> dict[str, str]:
    """Return the identifiers in `text`, in order: the term of each, and its spelling in the text.

    An identifier counts in full: `fpv_tip_0x1609`, not its part `0x1609`; but `E-42/F-7` and
    `C:\\logs\\E-42` are several side by side.
    """
    found: dict[str, str] = {}
    for match in TOKEN.finditer(unicodedata.normalize("NFKC", text).translate(HYPHENS)):
        for piece in LOOSE_JOINT.split(match.group()):
            whole = terms(piece)[:1]
            if whole and is_identifier(whole[0]):
                found.setdefault(whole[0], piece)
    return found


def quoted(text: str) -> list[str]:
    """Return the phrases in quotation marks, normalized by `plain`.

    A single word is left out, since it is searched for like any other word.
    """
    found = (plain(next(filter(None, match.groups()))) for match in _QUOTED.finditer(text))
    return [phrase for phrase in found if " " in phrase or cjk_share(phrase)]


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Return the half-open offsets of what stands in quotation marks, single words included."""
    return [match.span() for match in _QUOTED.finditer(text)]


def is_inside(place: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Return whether an offset is in one of the half-open spans."""
    return any(start <= place < end for start, end in spans)


def plain(text: str) -> str:
    """Return `text` normalized for the comparison of phrases: NFKC, without case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(HYPHENS).casefold().split())


def nearest(asked: str, known: Mapping[str, str], limit: int) -> list[str]:
    """Return the known identifiers that `asked` could mean, in their spelling, the likeliest first.

    `known` are identifiers as `identifiers` returns them. One is near if it shares an identifying part, as
    `0x1609` in `fpv_tip_0x1609` and `dock_tip_0x1609`, or if few edits turn it into `asked`.
    """
    parts, most = _parts(asked), min(MOST_EDITS, len(asked) // 3)
    far = {term: (not parts & _parts(term), edits(asked, term)) for term in known if term != asked}
    near = [term for term, (stranger, distance) in far.items() if not stranger or distance <= most]
    return [known[term] for term in sorted(near, key=lambda term: (far[term][1], term))[:limit]]


def edits(left: str, right: str) -> int:
    """Return the edit distance: characters inserted, deleted, replaced, or swapped with the next one.

    Optimal string alignment: Damerau, "A Technique for Computer Detection and Correction of Spelling
    Errors" (1964).
    """
    before, row = [0] * (len(right) + 1), list(range(len(right) + 1))
    for i, character in enumerate(left, start=1):
        earlier, before, row = before, row, [i] + [0] * len(right)
        for j, other in enumerate(right, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (character != other))
            if i > 1 and j > 1 and character == right[j - 2] and left[i - 2] == other:
                row[j] = min(row[j], earlier[j - 2] + 1)
    return row[-1]


def all_identifiers(texts: Iterable[str]) -> dict[str, str]:
    """Return the identifiers of several texts, as `identifiers` does."""
    return {term: written for text in texts for term, written in identifiers(text).items()}


def _parts(term: str) -> set[str]:
    return {part for part in terms(term) if is_identifier(part)}
