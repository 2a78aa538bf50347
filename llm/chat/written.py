"""What a chat model wrote, as sentences with their marks and their place in the form of the answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.text.language import ends_clause, sentences
from core.values.forms import BlockForm, Shape

_MARK = re.compile(
    r"\s*[\[【](?:passages? |段落\s*)?(\d{1,4}(?:\s*[,;、，]\s*\d{1,4})*)(?:†[^\]】]*)?[\]】]", re.I
)
# In brackets, but the number of no passage.
_NO_MARK = re.compile(r"[\[【(][^\]】)]{0,20}[\]】)]\.?")
_NUMBERS = re.compile(r"\d+")
_STEP = re.compile(r"(?:\(?\d{1,2}[.)、]\s+|步骤\s*\d{1,2}[:：.、]\s*)(?=\S)")
_BULLET = re.compile(r"[-*•–·]\s+(?=\S)")
_ROW = re.compile(r"[^:;：；]{1,40}[:：] ?[^;；]+(?:[;；] ?[^:;：；]{1,40}[:：] ?[^;；]+)+")
_HEADING = re.compile(r"#{1,6}\s|\|?[\s:|-]*-{3,}[\s:|-]*\|?$")
_VERDICT = re.compile(
    r"(?:(?P<yes>yes|ja|oui|s[íì]|是的?|可以)|(?P<no>nein|non?(?!\. ?\d)|否|不是|不可以))"
    r"(?:[.,;:!。，；：！]\s*|\s*[–—]\s*|$)",
    re.IGNORECASE,
)
# What stands in front of an answer and is no part of it.
_OPENING = re.compile(
    r"\**(?:(?:the |short |final )?answer(?: is)?|response|答案是?|答|根据(?:段落|文件)"
    r"|(?:according to|based on) (?:the )?(?:passages?|documents?))\**\s*(?:\[\d+\])?[:,：，]\**\s*",
    re.IGNORECASE,
)
_INDENT = 2
_LISTS = (BlockForm.STEPS, BlockForm.LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A sentence, item or row as a model wrote it."""

    text: str
    marks: frozenset[int]
    """The numbers of the passages that it names."""
    shape: Shape


class Form:
    """Takes the lines of an answer in order, and gives what stands in each, with its place in the form.

    A paragraph is a line, of one or more sentences. Items that follow each other are a list, with the line in
    front of them if that ends in a colon. Marks count for all sentences of their line since the last marks.
    """

    def __init__(self) -> None:
        self._block = -1
        self._form: BlockForm | None = None
        self._lead = ""
        self._verdict = ""
        self._said: set[str] = set()

    def line(self, line: str) -> Iterator[Written]:
        """Yield the sentences of a line, each once in an answer; a lead-in only with what it leads to."""
        form, depth, text = _form(line)
        if form in _LISTS:
            yield from self._item(form, depth, text)
        elif text:
            yield from self.finish()
            yield from self._paragraph(form, text)

    def finish(self) -> Iterator[Written]:
        """Yield a lead-in that led to nothing."""
        lead, self._lead = self._lead, ""
        if lead:
            self._block += 1
            yield from self._pieces(lead, Shape(block=self._block))

    def _item(self, form: BlockForm, depth: int, text: str) -> Iterator[Written]:
        goes_on = self._form in _LISTS and (depth or self._form is form)
        if not goes_on:
            self._block, self._form = self._block + 1, form
            lead, self._lead = self._lead, ""
            yield from self._pieces(lead, Shape(block=self._block, form=form))
        of_list = self._form or form
        yield from self._pieces(text, Shape(block=self._block, form=of_list, is_item=True, depth=depth))

    def _paragraph(self, form: BlockForm, text: str) -> Iterator[Written]:
        self._form = form
        if _MARK.sub("", text).endswith((":", "：")):
            self._lead = text
            return
        self._block += 1
        spoken, text = _spoken(text)
        self._verdict = spoken or self._verdict
        yield from self._pieces(text, Shape(block=self._block, form=form))

    def _pieces(self, text: str, shape: Shape) -> Iterator[Written]:
        for one, marks in _marked(text, not (shape.is_item or shape.form is BlockForm.ROW)):
            if one not in self._said:
                self._said.add(one)
                yield Written(text=one, marks=marks, shape=replace(shape, verdict=self._verdict))
                self._verdict = ""


def whole_sentences(line: str) -> str:
    """Return a line that was cut off, up to the end of its last whole sentence or its last mark."""
    marked = max((match.end() for match in _MARK.finditer(line)), default=0)
    ended = [end for start, end in sentences(line) if ends_clause(line[start:end])]
    return line[: max([marked, *ended])]


def _form(line: str) -> tuple[BlockForm, int, str]:
    """Return the form of a line, its depth in a list, and its text."""
    text = line.strip()
    if _HEADING.match(text):
        return BlockForm.PARAGRAPH, 0, ""
    depth = min(3, (len(line) - len(line.lstrip())) // _INDENT)
    for form, pattern in ((BlockForm.STEPS, _STEP), (BlockForm.LIST, _BULLET)):
        match = pattern.match(text)
        if match:
            return form, depth, text[match.end() :]
    is_row = _ROW.fullmatch(_MARK.sub("", text)) or text.startswith("|")
    return (BlockForm.ROW if is_row else BlockForm.PARAGRAPH), 0, text


def _spoken(text: str) -> tuple[str, str]:
    """Return the verdict that a line begins with, and the rest of it."""
    text = _OPENING.sub("", text, count=1)
    match = _VERDICT.match(text)
    if not match:
        return "", text
    rest = text[match.end() :]
    return "yes" if match["yes"] else "no", rest[:1].upper() + rest[1:]


def _marked(text: str, is_prose: bool) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the sentences of a text, each with the marks that stand behind it; an item is one."""
    place = 0
    for start, end, marks in [*_groups(text), (len(text), len(text), frozenset[int]())]:
        part = text[place:start].strip()
        place = end
        part = part.lstrip(".。,;，；").lstrip() if is_prose else part
        for first, last in sentences(part) if is_prose else [(0, len(part))]:
            if any(map(str.isalnum, part[first:last])) and not _NO_MARK.fullmatch(part[first:last]):
                yield part[first:last], marks


def _groups(text: str) -> Iterator[tuple[int, int, frozenset[int]]]:
    """Yield the start, the end and the numbers of each run of marks."""
    run = (0, 0, frozenset[int]())
    for match in _MARK.finditer(text):
        numbers = frozenset(map(int, _NUMBERS.findall(match[1])))
        if run[2] and run[1] != match.start():
            yield run
            run = (0, 0, frozenset())
        run = (run[0] if run[2] else match.start(), match.end(), run[2] | numbers)
    if run[2]:
        yield run
