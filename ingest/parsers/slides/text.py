"""Paragraphs and tables of slides."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.office.parts import MC, A, M, Node, number, value
from ingest.parsers.tables import split_header

# Placeholders whose paragraphs have bullets by default.
_BULLETED = ("body", "obj")
_STRIKES = ("sngStrike", "dblStrike")
_AUTOMATIC = {"alphaLc": "a", "alphaUc": "A"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a slide."""

    text: str
    depth: int
    """0-based."""
    marker: str | None
    """None if the paragraph is not a list item, empty for a bullet."""


def paragraphs(body: Node, placeholder: str) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text body that hold text."""
    counts: dict[int, int] = {}
    for paragraph in body.iter(f"{A}p"):
        text = clean(words(paragraph))
        if not text:
            continue
        about = paragraph.find(f"{A}pPr")
        depth = number(value(about, "lvl"))
        automatic = None if about is None else about.find(f"{A}buAutoNum")
        if automatic is not None:
            counts = {level: count for level, count in counts.items() if level <= depth}
            counts[depth] = counts.get(depth, number(value(automatic, "startAt"), 1) - 1) + 1
            yield Paragraph(text, depth, _numbered(counts[depth], value(automatic, "type")))
            continue
        counts.pop(depth, None)
        bullet = about is not None and about.find(f"{A}buChar") is not None
        none = about is not None and about.find(f"{A}buNone") is not None
        listed = bullet or (placeholder in _BULLETED and not none)
        yield Paragraph(text, depth, "" if listed else None)


def words(paragraph: Node) -> str:
    """Return a paragraph's text without the fields for the slide's number and today's date."""
    parts: list[str] = []
    for child in paragraph:
        if child.tag == f"{A}r":
            parts.append(child.findtext(f"{A}t") or "")
        elif child.tag == f"{A}br":
            parts.append("\n")
        elif child.tag == f"{A}fld" and not value(child, "type").startswith(("slidenum", "datetime")):
            parts.append(child.findtext(f"{A}t") or "")
        elif child.tag == f"{MC}AlternateContent":
            parts += [part.text or "" for part in child.iter(f"{M}t")]
    return "".join(parts)


def take_out_struck(tree: Node) -> list[str]:
    """Remove the text of all runs that are struck through; return it by passage."""
    found: list[str] = []
    last: Node | None = None
    for run in tree.iter(f"{A}r", f"{A}fld"):
        text = run.find(f"{A}t")
        if text is None or value(run.find(f"{A}rPr"), "strike") not in _STRIKES:
            continue
        follows = last is not None and run.getprevious() is last
        found.append((found.pop() if follows else "") + (text.text or ""))
        text.text = ""
        last = run
    return found


def write_table(builder: DocumentBuilder, table: Node) -> None:
    """Add a table; a cell is repeated over the rows that it spans, not over the columns."""
    grid: list[list[str]] = []
    for row in table.iter(f"{A}tr"):
        above = grid[-1] if grid else []
        line: list[str] = []
        for cell in row.findall(f"{A}tc"):
            if value(cell, "vMerge") in ("1", "true") and len(line) < len(above):
                line.append(above[len(line)])
            else:
                line.append(" ".join(filter(None, (clean(words(one)) for one in cell.iter(f"{A}p")))))
        grid.append(line)
    header, rows = split_header(grid)
    about = table.find(f"{A}tblPr")
    if not header and len(rows) > 1 and value(about, "firstRow") in ("1", "true"):
        header, rows = rows[0], rows[1:]
    builder.table(header, rows)


def _numbered(count: int, form: str) -> str:
    for beginning, first in _AUTOMATIC.items():
        if form.startswith(beginning):
            return f"{chr(ord(first) + (count - 1) % 26)}{_end(form)}"
    return f"{count}{_end(form)}"


def _end(form: str) -> str:
    return ")" if "Paren" in form else "." if form.endswith("Period") else ""
