"""Plain text: paragraphs, underlined headings, simple lists, and lines that are kept."""

import re

from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean_lines
from ingest.parsers.encoding import decode

_ITEM = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?P<bullet>[-*+•◦▪‣●–])|(?P<number>\(?\d{1,3}[.)]|\(?[a-z]\)))[ \t]+(?=\S)"
)
_UNDERLINE = re.compile(r"^(=|-|~|#|\*)\1{2,}$")
_RULE = re.compile(r"^[-=_*~#+. ]{3,}$")
_INDENTED = re.compile(r"^(?: {4}|\t)")
_SPACES_PER_DEPTH = 2
# Prose is wrapped near one width; shorter lines (addresses, logs, lists of values) are kept as lines.
_WRAPPED_LINE_CHARS = 45
# Fewer short lines, such as a greeting and a name, are joined.
_MIN_LINES_ALONE = 3
_LINE_FORMATS = (".log", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".xml")
# Endings of program sources; their lines and indents are kept.
_PROGRAMS = tuple(
    f".{ending}"
    for ending in (
        "py pyi js mjs ts tsx jsx java kt scala go rs c h cc cpp hpp cs m swift rb pl lua r jl php sh bash"
        " zsh ps1 bat cmd sql css scss vue svelte proto tf gradle cmake mk awk vb vbs bas f90 pas asm s st"
        " scl ino"
    ).split()
)


class TextParser:
    """Parses text without markup."""

    media_type = "text/plain"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        builder = DocumentBuilder(media_type=self.media_type)
        if name.lower().endswith(_PROGRAMS):
            _write_program(builder, decode(content))
        else:
            write_text(builder, decode(content), name.lower().endswith(_LINE_FORMATS))
        return builder.build(name)


def write_text(builder: DocumentBuilder, text: str, keep_lines: bool = False) -> None:
    """Add plain text to a document; `keep_lines` keeps every line break."""
    for group in re.split(r"\n[ \t]*\n", clean_lines(text)):
        lines = [line for line in group.split("\n") if line.strip()]
        if not lines:
            continue
        if keep_lines or all(_INDENTED.match(line) for line in lines):
            builder.code("\n".join(lines))
        else:
            _write_group(builder, lines)


def _write_program(builder: DocumentBuilder, text: str) -> None:
    """Add a program: indented lines belong to the block above, even behind blank lines."""
    part: list[str] = []
    for group in re.split(r"\n(?:[ \t]*\n)+", clean_lines(text)):
        if part and not group.startswith((" ", "\t", "}", ")", "]")):
            builder.code("\n\n".join(part))
            part = []
        part.append(group)
    builder.code("\n\n".join(part))


def _write_group(builder: DocumentBuilder, lines: list[str]) -> None:
    if len(lines) > 1 and _UNDERLINE.match(lines[1].strip()) and not _RULE.match(lines[0]):
        builder.heading(1 if lines[1].strip()[0] in "=#*" else 2, lines[0])
        lines = lines[2:]
    lines = [line for line in lines if not _RULE.match(line.strip())]
    if any(_ITEM.match(line) for line in lines):
        _write_items(builder, lines)
    elif _is_wrapped(lines):
        builder.paragraph(" ".join(lines))
    elif lines:
        builder.code("\n".join(lines))


def _write_items(builder: DocumentBuilder, lines: list[str]) -> None:
    """Add a list, and the paragraph in front of it if there is one; other lines continue their item."""
    lead: list[str] = []
    items: list[tuple[int, list[str]]] = []
    for line in lines:
        match = _ITEM.match(line)
        if match:
            depth = len(match["indent"].expandtabs(4)) // _SPACES_PER_DEPTH
            items.append((depth, [line[match.end() :] if match["bullet"] else line.strip()]))
        elif items:
            items[-1][1].append(line)
        else:
            lead.append(line)
    builder.paragraph(" ".join(lead))
    base = min(depth for depth, _ in items)
    for depth, parts in items:
        builder.list_item(" ".join(parts), depth - base)


def _is_wrapped(lines: list[str]) -> bool:
    """Return whether lines are wrapped prose: there are few, or all but the last are long."""
    return len(lines) < _MIN_LINES_ALONE or all(len(line) >= _WRAPPED_LINE_CHARS for line in lines[:-1])
