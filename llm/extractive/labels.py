"""Kinds of text known by their form: warnings, and labels, footers and revisions, which state no fact."""

import re

from core.text.language import TOKEN, ends_clause, is_identifier
from core.values.answers import Passage
from core.values.documents import CELL_SEPARATOR

# A form's label, with the line that is printed to write on; it names what is asked for and does not say it.
_LABEL = re.compile(r"[:：][\s_.…·‥]*$")
_TO_WRITE_ON = re.compile(r"[\s_.…·‥]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_LABEL_WORDS, _LABEL_CHARACTERS = 6, 40
# The signal words of ISO 3864 and ANSI Z535.
_WARNS = re.compile(r"(?:danger|warning|caution|危险|警告|注意)\b\s*[:：!！]", re.IGNORECASE)
# "Footer: SP-11 rev 2", "Page 3 of 12", "SP-11 · Rev. 2 · 2024-03-01", "第 3 页 共 12 页".
_FOOTER = re.compile(
    r"^\W*(?:(?:page )?(?:footer|header)|页[脚眉])\s*[:：]"
    r"|^\W*(?:page|p\.)\s*\d+(?:\s*(?:of|/)\s*\d+)?\W*$|^\W*第\s*\d+\s*页(?:\W*共\s*\d+\s*页)?\W*$"
    r"|^\W*(?:[\w-]*\d[\w-]*\W+){0,3}(?:rev(?:ision)?|version|issue|edition)\W{0,3}[\w.]{1,6}(?:\W+[\d./-]+)?\W*$"
    r"|^\W*(?:last (?:updated|modified|reviewed|revised)|revised|printed)\W+(?:on\W+)?[\w ,./-]{4,30}$"
    r"|^\W*(?:版本|版次|修订(?:版|日期)?|最后更新)\s*[:：]?[\s\w./-]{1,20}$"
    r"|^\W*(?:©|\(c\)|copyright\b)",
    re.IGNORECASE,
)
_FOOTER_CHARACTERS = 80
# The parts of a running line: "Cleaning plan CP-3 | Revision 4 | Page 2 of 5".
_PARTS = re.compile(r"\s+[|·•–—]\s+|\s{3,}|\t")
_MOST_PART_WORDS = 6
# A question for the revision itself may be answered by such a line.
_ASKS_REVISION = re.compile(
    r"\b(?:rev(?:ision|ised)?|version|issue|edition|updated|effective|reviewed|modified|copyright|footer|page)\b"
    r"|版本|版次|修订|更新|生效|页",
    re.IGNORECASE,
)


def is_label(text: str) -> bool:
    """Return whether each line is a label without what belongs to it."""
    return all(_LABEL.search(line) for line in text.split("\n") if line.strip())


def has_line_to_write_on(text: str) -> bool:
    """Return whether a label ends in a printed line or dots to write on."""
    return bool(re.search(r"[_…·‥]+\s*$|\.{3,}\s*$", text))


def is_name(text: str) -> bool:
    """Return whether a text is an identifier or a number alone, such as `M30.`"""
    return all(is_identifier(word) or _NUMBER.fullmatch(word) for word in TOKEN.findall(text.casefold()))


def is_label_row(passage: Passage, text: str) -> bool:
    """Return whether only the label of a table row is filled in."""
    cells = [cell for cell in text.split(CELL_SEPARATOR) if not _TO_WRITE_ON.fullmatch(cell)]
    if len(cells) != 1 or _LABEL.search(cells[0]):
        return len(cells) < 2
    _, _, header = passage.context.rpartition("\n")
    is_short = len(cells[0].split()) <= _LABEL_WORDS and len(cells[0]) <= _LABEL_CHARACTERS
    return CELL_SEPARATOR in header and is_short and not ends_clause(cells[0])


def is_warning(text: str) -> bool:
    """Return whether a text begins as a warning does."""
    return bool(_WARNS.match(text))


def is_footer(text: str) -> bool:
    """Return whether a text is a page's header or footer, or a line about the document's revision.

    Of a line in parts, such as `Cleaning plan CP-3 | Revision 4`, one part is, and none is a sentence.
    """
    if len(text) > _FOOTER_CHARACTERS:
        return False
    parts = _PARTS.split(text)
    names = all(len(part.split()) <= _MOST_PART_WORDS and not ends_clause(part) for part in parts)
    return bool(_FOOTER.search(text)) or (len(parts) > 1 and names and any(map(_FOOTER.search, parts)))


def asks_revision(question: str) -> bool:
    """Return whether a question is about a document's revision, date or page."""
    return bool(_ASKS_REVISION.search(question))
