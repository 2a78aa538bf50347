"""Makes the text of an answer safe to show, whoever wrote it and whatever shows it.

A generator may write Markdown; its paragraphs, list items, table rows, code and emphasis are kept as a tree.
Links and images become their words, and active HTML and control characters are left out: a client that takes
an answer's text for Markdown or HTML finds nothing in it that loads or leads anywhere.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.values.rich_text import Block, Mark, RichText, Span

# Control characters, among them those of terminals, and marks that turn the reading direction around.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"
)
_ESCAPES = re.compile("\x1b(?:\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\\[[0-?]*[ -/]*[@-~]|[@-Z\\\\-_])")
# Elements that load, lead, run or change the page. Others, as in "the `<title>` of a page", are left as text.
_ACTIVE = (
    "a|abbr|applet|area|audio|base|body|button|embed|form|frame|frameset|head|html|iframe|image|img|input|link|"
    "marquee|math|meta|object|picture|script|source|style|svg|template|textarea|track|video"
)
_TAG = re.compile(rf"</?(?:{_ACTIVE})(?:[\s/][^<>]*)?>|<(?:{_ACTIVE})[\s/][^<>]*=[^<>]*$", re.IGNORECASE)
_LINK = re.compile(
    r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*(?:<[^<>\n]*>|[^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+[^()]*)?\)"
)
_REFERENCE = re.compile(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]")
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]]+\]:\s*\S+.*$", re.MULTILINE)
_AUTOLINK = re.compile(r"<((?:[a-z][a-z0-9+.-]{1,31}:|//)[^<>\s]*)>", re.IGNORECASE)
# What stands in brackets behind `]` is a target only if it looks like one: not the `(x)` of `f[i](x)`.
_TARGET = re.compile(r"[/:.#@?&<%\\]")
# Brackets of any other form are parted from what stands behind them.
_JOINT = re.compile(r"\](?=\(\s*<?[^()\s]*[/:.#?&%])")
_MARKUP = re.compile(r"[*_`\[\]<>!|\\#&~]|^\s*(?:[-+]|\d+[.)])\s|^ {4}")
_INSIDE_WORD = re.compile(r"(?<=\w)([*_])(?=\w)|(?<=\d )([*])(?= \d)")
# What an image leaves behind before a full stop.
_GAP = re.compile(r"(?<=\S) +(?=[.,;:!?](?:\s|$))")
_ROW = re.compile(r"\s*\|(.+)\|\s*", re.DOTALL)
_MARKS = {"em_open": Mark.EMPHASIS, "strong_open": Mark.STRONG}
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
# All targets are taken for links, the dangerous ones too: none is kept.
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]


def rich_text(written: str) -> RichText:
    """Return the tree of a sentence that a generator wrote."""
    clean = without_controls(written)
    if not _MARKUP.search(clean):
        return RichText((Span(clean),))
    row = _ROW.fullmatch(clean)
    if row:
        cells = (_flat(_spans(cell.strip())) for cell in row[1].split("|"))
        return RichText(tuple(Span(cell) for cell in cells), Block.ROW)
    tokens = _MARKDOWN.parse(_INSIDE_WORD.sub(r"\\\1\2", clean))
    return RichText(_safe(_inline(tokens)), _block(tokens))


def verbatim(text: str) -> RichText:
    """Return a document's own words as one span, without the links and tags in them."""
    return RichText((Span(without_links(without_controls(text))),))


def without_controls(text: str) -> str:
    """Return the text without control characters, but for line feeds and tabs."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def without_links(text: str) -> str:
    """Return the text with links and images as their words, and without active HTML."""
    while True:
        plain = _TAG.sub("", _AUTOLINK.sub(r"\1", _DEFINITION.sub("", text)))
        plain = _REFERENCE.sub(_reference, _LINK.sub(_words, plain))
        if plain == text:
            return _JOINT.sub("] ", text)
        text = plain


def _words(match: re.Match[str]) -> str:
    behind = match.group()[len(match[1]) + 2 + match.group().startswith("!") :]
    if match.group().startswith("!") or _TARGET.search(behind):
        return match[1]
    return match.group()


def _reference(match: re.Match[str]) -> str:
    return match[1] if match.group().startswith("!") else match.group()


def _spans(text: str) -> tuple[Span, ...]:
    return _safe(_inline(_MARKDOWN.parse(_INSIDE_WORD.sub(r"\\\1\2", text))))


def _flat(spans: Sequence[Span]) -> str:
    return "".join(span.text for span in spans)


def _block(tokens: Sequence[Token]) -> Block:
    kinds = {token.type for token in tokens}
    if "list_item_open" in kinds:
        return Block.ITEM
    return Block.CODE if kinds & {"fence", "code_block"} else Block.PARAGRAPH


def _inline(tokens: Sequence[Token]) -> Iterator[Span]:
    for token in tokens:
        if token.type in ("fence", "code_block"):
            yield Span(token.content.strip("\n"), Mark.CODE)
        elif token.type == "inline":
            yield from _children(token.children or ())


def _children(tokens: Sequence[Token]) -> Iterator[Span]:
    open_marks: list[Mark] = []
    for token in tokens:
        mark = open_marks[-1] if open_marks else Mark.PLAIN
        if token.type in _MARKS:
            open_marks.append(_MARKS[token.type])
        elif token.type in ("em_close", "strong_close"):
            open_marks.pop()
        elif token.type == "code_inline":
            yield Span(token.content, Mark.CODE)
        elif token.type in ("text", "text_special", "image"):
            yield Span(token.content, mark)
        elif token.type in ("softbreak", "hardbreak"):
            yield Span("\n", mark)


def _safe(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Join neighbours of one mark, and leave out what the text of several spans makes up together."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].mark is span.mark:
            joined[-1] = Span(joined[-1].text + span.text, span.mark)
        else:
            joined.append(span)
    whole = _flat(joined)
    if without_links(whole) != whole:
        return (Span(without_links(whole)),)
    return tuple(Span(_GAP.sub("", span.text), span.mark) for span in joined if span.text)
