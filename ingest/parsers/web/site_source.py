"""Front matter and template tags, which site generators put into the sources of pages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import ParseError
from core.values.metadata import NONE, Metadata, metadata_of
from ingest.parsers.base import DocumentBuilder, clean, said_title, stem
from ingest.parsers.links import is_address
from ingest.plain_yaml import read_yaml

_FRONT_MATTER = re.compile(
    r"\A\s*---(?:js|json|yaml)?[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
# A longer block is not front matter; the YAML parser's time grows with its input.
_MAX_FRONT_MATTER_CHARS = 20_000
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})")
# The beginning and end of comments; each is searched for once, so that nesting costs no time.
_UNSEEN = (
    (re.compile(r"\{%-?\s*comment\s*-?%\}"), re.compile(r"\{%-?\s*endcomment\s*-?%\}")),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"^\[//\]: # ", re.MULTILINE), re.compile(r"$", re.MULTILINE)),
)
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_HUGO = re.compile(r"\{\{[<%][^{}]*[>%]\}\}")
_LIQUID = re.compile(r"\{%[^{}]*%\}")
_ARGUMENT = re.compile(r"""\{%-?\s*(\w+)\s+["']([^"'/.]+)["']\s*-?%\}""")
_LINK_TARGET = re.compile(r"\]\(\s{0,9}(?:\{%[^{}\n]*%\}|\{\{[^{}\n]*\}\})[^)\n]{0,300}\)")
_VARIABLE = re.compile(r"\{\{[^{}\n]*\}\}")
_CODE_SPAN = re.compile(r"(?<!`)(`+[^`\n]+`+)")
# Kramdown's attribute lists, and the fences of notes in VitePress and Docusaurus.
_ATTRIBUTES = re.compile(r"^[ \t]*\{:[^{}\n]*\}[ \t]*$|(?<=\S)\{[:#.][^{}\n]*\}[ \t]*$", re.MULTILINE)
_COLON_FENCE = re.compile(r"^[ \t]*:{3,}[ \t]*(?:\{?(\w+)\}?)?[ \t]*(.*)$", re.MULTILINE)
_DOCFX = re.compile(r"^[ \t]*\[!(?:INCLUDE|div)\b.*$", re.MULTILINE)
_ALERT = re.compile(r"^((?:[ \t]*>)+[ \t]*)\[!(\w+)\][ \t]*$", re.MULTILINE)
_ALERT_INLINE = re.compile(r"^((?:[ \t]*>)+[ \t]*)\[!(\w+)\][ \t]+(?=\S)", re.MULTILINE)
# As Jekyll, docfx and others name the address of a redirect.
_REDIRECTS = ("redirect_to", "redirect_url", "redirect", "redirectTo")
_TEMPLATE_TAGS = ("include", "page", "link", "image", "download", "asset", "layout", "extends", "post_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSource:
    """A page's source, taken apart."""

    title: str
    """From the front matter, or empty."""
    metadata: Metadata
    """From the front matter."""
    text: str
    """The source behind the front matter."""
    summary: str = ""
    """From the front matter, or empty."""
    leads_to: str = ""
    """From the front matter: the address to which the page redirects, or empty."""
    notice: str = ""
    """Why the front matter was not read; empty if it was, or if there is none."""

    def write_head(self, builder: DocumentBuilder) -> None:
        """Add where the page leads, if its front matter says so, and tell if that was not read."""
        if self.notice:
            builder.notice(self.notice)
        if self.leads_to:
            builder.paragraph(f"This page leads to {self.leads_to}.")

    def write_bare(self, builder: DocumentBuilder, source: str, name: str) -> None:
        """Add summary and title to a document without text whose `source` has front matter.

        Site generators make the page of a section from such a file; `name` is the file's.
        """
        if builder.position or self.text == source:
            return
        builder.heading(1, self.title or stem(name))
        builder.paragraph(self.summary)
        builder.notice("The file has front matter but no text; only its title and summary were read.")


def split_front_matter(source: str) -> SiteSource:
    """Return a page's source taken apart; without front matter, all of it is text."""
    match = _FRONT_MATTER.match(source)
    if match is None or len(match[1]) > _MAX_FRONT_MATTER_CHARS:
        return SiteSource(title="", metadata=NONE, text=source)
    rest = source[match.end() :]
    try:
        fields = read_yaml(match[1], _MAX_FRONT_MATTER_CHARS)
    except ParseError as error:
        if ":" not in match[1]:
            return SiteSource(title="", metadata=NONE, text=source)
        reason = f"The front matter was not read: {error}."
        return SiteSource(title="", metadata=NONE, text=rest, notice=reason)
    if not isinstance(fields, dict):
        return SiteSource(title="", metadata=NONE, text=source if fields else rest)
    title = said_title(_first(fields, "title"))
    target = _first(fields, *_REDIRECTS)
    return SiteSource(
        title=title,
        metadata=metadata_of(fields),
        text=rest,
        summary=_first(fields, "description", "summary"),
        leads_to=target if is_address(target) and not target.startswith("#") else "",
    )


def _first(fields: Mapping[Any, Any], *names: str) -> str:
    """Return the first of these fields that is a text or a number, or a list of such; empty without one."""
    for name in names:
        value = fields.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return clean(str(value))
    return ""


def without_templates(source: str) -> str:
    """Return the text without comments and template tags; fenced code is kept."""
    parts: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in source.split("\n"):
        mark = _FENCE.match(line)
        if not fence and not mark:
            prose.append(line)
            continue
        parts += [_cleared("\n".join(prose))] if prose else []
        prose = []
        parts.append(line)
        if not fence and mark:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
    parts += [_cleared("\n".join(prose))] if prose else []
    return "\n".join(parts)


def _cleared(text: str) -> str:
    """Return prose without comments and template tags; code within a line is kept."""
    for opening, closing in _UNSEEN:
        text = _cut(text, opening, closing)
    text = _RAW.sub("", text)
    if "{" in text:
        text = _LINK_TARGET.sub("]()", text)
    parts = _CODE_SPAN.split(text)
    parts[::2] = [_without_tags(part) for part in parts[::2]]
    return "".join(parts)


def _cut(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Return the text without the parts from each opening to its closing."""
    kept: list[str] = []
    position = 0
    for start in opening.finditer(text):
        if start.start() < position:
            continue
        end = closing.search(text, start.end())
        if end is None:
            break
        kept.append(text[position : start.start()])
        position = end.end()
    return "".join([*kept, text[position:]])


def _without_tags(text: str) -> str:
    if "{" in text:
        text = _HUGO.sub("", _ATTRIBUTES.sub("", text))
        text = _ARGUMENT.sub(_said, text)
        text = _VARIABLE.sub("", _LIQUID.sub("", text))
    if ":::" in text:
        text = _COLON_FENCE.sub(_note, text)
    if "[!" in text:
        text = _ALERT.sub(lambda match: f"{match[1]}**{match[2].capitalize()}:**", text)
        text = _ALERT_INLINE.sub(lambda match: f"{match[1]}**{match[2].capitalize()}:** ", text)
        text = _DOCFX.sub("", text)
    return text


def _said(match: re.Match[str]) -> str:
    """Return the only argument of a tag, or an empty string if it is the name of a file."""
    return "" if match[1] in _TEMPLATE_TAGS else match[2]


def _note(match: re.Match[str]) -> str:
    words = " ".join(part for part in ((match[1] or "").capitalize(), match[2]) if part)
    return f"\n**{words}:**\n" if words else ""
