"""The words of one paragraph of a Word file, and its notes, boxes and charts."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ingest.parsers.links import target_behind
from ingest.parsers.office.formulas import formula
from ingest.parsers.office.parts import MC, C, M, Node, R, W, is_on, number, value
from ingest.parsers.withdrawn import Withdrawal
from ingest.parsers.word.lists import Styles

_WRAPPERS = frozenset(
    f"{W}{name}"
    for name in "ins moveTo hyperlink smartTag sdt sdtContent fldSimple customXml dir bdo".split()
)
_REMOVED = frozenset((f"{W}del", f"{W}moveFrom"))
_SIGNS = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}ptab": " "}
_OF_FIELDS = frozenset((f"{W}fldChar", f"{W}instrText"))
_LINK_FIELD = re.compile(r'\s*HYPERLINK\s+"([^"]+)"')
_HIDES = f"{W}vanish"
_STRIKES = (f"{W}strike", f"{W}dstrike")
_NOTES = (f"{W}footnoteReference", f"{W}endnoteReference")
_WHITE = "ffffff"
# In half points; text of two points cannot be read.
_TINY = 4


@dataclass(kw_only=True)
class Field:
    """A field of Word, such as a link."""

    instruction: str = ""
    start: int = -1
    """How many parts stand in front of its result; -1 before the result."""


@dataclass(kw_only=True)
class Words:
    """The content of a paragraph, in order."""

    parts: list[str] = field(default_factory=list)
    """The texts of its runs."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """The kind and the id of each footnote and endnote."""
    boxes: list[Node] = field(default_factory=list)
    """The contents of its text boxes."""
    charts: list[str] = field(default_factory=list)
    """The ids of the relations to its charts."""
    plain: int = 0
    """How many letters and digits are not bold."""
    withdrawn: list[tuple[Withdrawal, str]] = field(default_factory=list)
    """The passages that are struck through or marked as deleted."""
    targets: list[tuple[int, str]] = field(default_factory=list)
    """The addresses of its links in brackets, each with how many parts stand in front of it."""
    fields: list[Field] = field(default_factory=list)
    """The fields that have begun."""
    _withdrawn_at: int = -1
    """How many parts stood in front of the last such passage."""

    @property
    def text(self) -> str:
        """The words of all runs."""
        return "".join(self.parts)

    @property
    def linked(self) -> str:
        """The words of all runs, with the addresses of its links behind them."""
        parts = list(self.parts)
        for place, target in reversed(self.targets):
            parts.insert(place, target)
        return "".join(parts)

    def link(self, start: int, address: str) -> None:
        """End a link whose text begins with the part at `start`."""
        target = target_behind("".join(self.parts[start:]), address)
        if target:
            self.targets.append((len(self.parts), target))

    def withdraw(self, how: Withdrawal, text: str) -> None:
        """Add a withdrawn run; directly behind another one it belongs to the same passage."""
        if self._withdrawn_at == len(self.parts) and self.withdrawn[-1][0] is how:
            text = self.withdrawn.pop()[1] + text
        self.withdrawn.append((how, text))
        self._withdrawn_at = len(self.parts)


@dataclass(kw_only=True)
class WordReader:
    """Reads paragraphs, and counts the characters that it leaves out."""

    styles: Styles
    note_mark: Callable[[str, str], str]
    """Returns the mark of a note in the text, by the note's kind and id."""
    links: Mapping[str, str] = field(default_factory=dict)
    """The addresses of the links in the part that is read, by the ids of their relations."""
    hidden: int = 0
    """How many characters are hidden."""

    def read(self, paragraph: Node, on_paper: bool) -> Words:
        """Return a paragraph's words; `on_paper` says that white letters on it cannot be seen."""
        words = Words()
        properties = paragraph.find(f"{W}pPr")
        style = value(None if properties is None else properties.find(f"{W}pStyle"), f"{W}val")
        plain = on_paper and (properties is None or properties.find(f"{W}shd") is None)
        for child in paragraph:
            self._visit(child, words, style, plain)
        return words

    def _visit(self, node: Node, words: Words, style: str, on_paper: bool) -> None:
        tag = node.tag
        if tag == f"{W}r":
            self._run(node, words, style, on_paper)
        elif tag in _WRAPPERS:
            start = len(words.parts)
            for child in node:
                self._visit(child, words, style, on_paper)
            words.link(start, self._address(node))
        elif tag in _REMOVED:
            words.withdraw(Withdrawal.DELETED, text_within(node))
        elif tag in (f"{M}oMath", f"{M}oMathPara"):
            words.parts.append(f" {formula(node)} ")
        elif tag == f"{MC}AlternateContent":
            for child in _chosen(node):
                self._visit(child, words, style, on_paper)

    def _address(self, node: Node) -> str:
        """Return the address to which an element leads, or an empty string."""
        if node.tag == f"{W}hyperlink":
            return self.links.get(value(node, f"{R}id"), "")
        match = _LINK_FIELD.match(value(node, f"{W}instr")) if node.tag == f"{W}fldSimple" else None
        return match[1] if match else ""

    def _run(self, run: Node, words: Words, style: str, on_paper: bool) -> None:
        if self._is_hidden(run.find(f"{W}rPr"), style, on_paper):
            self.hidden += sum(len((part.text or "").strip()) for part in run.iter(f"{W}t"))
            return
        if self._is_struck(run.find(f"{W}rPr"), style):
            words.withdraw(Withdrawal.STRUCK, text_within(run))
            return
        bold = is_on(run.find(f"{W}rPr"), f"{W}b")
        for child in run:
            if child.tag == f"{W}t":
                words.parts.append(child.text or "")
                words.plain += 0 if bold else sum(map(str.isalnum, child.text or ""))
            elif child.tag in _OF_FIELDS:
                _continue_field(child, words)
            elif child.tag in _SIGNS:
                words.parts.append(_SIGNS[child.tag])
            elif child.tag in _NOTES:
                note = (child.tag.removeprefix(W).removesuffix("Reference"), value(child, f"{W}id"))
                words.notes.append(note)
                words.parts.append(self.note_mark(*note))
            elif child.tag in (f"{W}drawing", f"{W}pict", f"{W}object", f"{MC}AlternateContent"):
                _anchored(child, words)

    def _is_struck(self, properties: Node | None, style: str) -> bool:
        own = [is_on(properties, sign) for sign in _STRIKES]
        if any(own):
            return True
        run_style = "" if properties is None else value(properties.find(f"{W}rStyle"), f"{W}val")
        return any(
            said is None and (self.styles.has(sign, run_style) or self.styles.has(sign, style))
            for sign, said in zip(_STRIKES, own, strict=True)
        )

    def _is_hidden(self, properties: Node | None, style: str, on_paper: bool) -> bool:
        own = is_on(properties, _HIDES)
        run_style = "" if properties is None else value(properties.find(f"{W}rStyle"), f"{W}val")
        if own or (own is None and (self.styles.has(_HIDES, run_style) or self.styles.has(_HIDES, style))):
            return True
        if properties is None:
            return False
        if number(value(properties.find(f"{W}sz"), f"{W}val"), 99) <= _TINY:
            return True
        lit = properties.find(f"{W}shd") is not None or properties.find(f"{W}highlight") is not None
        return on_paper and not lit and value(properties.find(f"{W}color"), f"{W}val").lower() == _WHITE


def text_within(node: Node) -> str:
    """Return the text of a part of the markup, also if it is marked as deleted."""
    return "".join(part.text or "" for part in node.iter(f"{W}t", f"{W}delText"))


def _chosen(alternate: Node) -> Iterator[Node]:
    """Yield the content of the first form that is not empty, as a current program does."""
    choices = [*alternate.findall(f"{MC}Choice"), *alternate.findall(f"{MC}Fallback")]
    yield from next((list(choice) for choice in choices if len(choice)), [])


def _continue_field(node: Node, words: Words) -> None:
    """Follow a field from its beginning over its instruction and its result to its end."""
    kind = value(node, f"{W}fldCharType")
    if kind == "begin":
        words.fields.append(Field())
    elif not words.fields:  # it began in an earlier paragraph
        return
    elif node.tag == f"{W}instrText":
        words.fields[-1].instruction += node.text or ""
    elif kind == "separate":
        words.fields[-1].start = len(words.parts)
    elif kind == "end":
        ended = words.fields.pop()
        match = _LINK_FIELD.match(ended.instruction)
        if match and ended.start >= 0:
            words.link(ended.start, match[1])


def _anchored(node: Node, words: Words) -> None:
    """Collect the text boxes and the charts of a drawing; the content of a box is read with the box."""
    if node.tag == f"{W}txbxContent":
        words.boxes.append(node)
    elif node.tag == f"{C}chart":
        words.charts.append(value(node, f"{R}id"))
    else:
        for child in _chosen(node) if node.tag == f"{MC}AlternateContent" else node:
            _anchored(child, words)
