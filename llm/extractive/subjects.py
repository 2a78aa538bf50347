"""The thing that a sentence is about: its own names, those above it, and those in front of it.

"Grease the seal every 200 hours." says nothing by itself; below the heading "Mixer M30" it is about the M30,
and answers no question about the M50.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from core.text.identifiers import identifiers
from core.text.language import CJK, HYPHENS, terms
from core.values.documents import BlockKind
from llm.extractive.candidates import Candidate
from llm.extractive.question_kind import step_of
from llm.extractive.structure import number_of

_HEX = re.compile(r"0x[0-9a-f]+|(?<![a-z0-9])[0-9a-f]*\d[0-9a-f]*(?![a-z0-9])")
_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:\.\d+)*")
# Words of a question that ask for anything about a thing.
_GENERAL = frozenset(
    terms(
        "mean meaning about fault error code alarm message problem report fix solve remedy repair help "
        "happen show display say tell explain describe should please advise now get "
        "故障 报警 代码 错误 什么 怎么办 如何处理 怎么处理 含义 表示什么 什么意思 "
        "是什么报警 是什么故障 是什么问题 是什么错误"
    )
)
_NUMBERING = re.compile(r"^(?:\d+[.)]?)+\s+")


class Subjects:
    """What the candidates of one question are about."""

    def __init__(self, question: str, found: Sequence[Candidate]) -> None:
        self._asked = frozenset(identifiers(question))
        self._kinds = {_kind(term) for term in self._asked}
        self._step = step_of(question)
        self._tokens = _tokens(question)
        self._siblings = _siblings(found)
        self._names: dict[str, frozenset[str]] = {}

    def is_named(self, one: Candidate) -> bool:
        """Return whether the sentence, what stands above it, or its chunk has an identifier asked for."""
        return bool(self._asked & one.all_words)

    def heads(self, one: Candidate, asked_terms: frozenset[str]) -> bool:
        """Return whether the headings above name all that is asked for, an identifier or a step among it.

        Then the section answers a question such as "What is PPR-1044 about?", and the step "What is step 3
        of the restart?".
        """
        headings = "\n".join((one.passage.title, *one.path))
        named = self._asked & identifiers("\n".join(one.path)).keys() or self._is_step(one)
        step = frozenset(terms(f"step {self._step}")) if self._step else frozenset[str]()
        return bool(named) and asked_terms <= frozenset(terms(headings)) | _GENERAL | step

    def is_another(self, one: Candidate) -> bool:
        """Return whether the sentence is about another thing of the same kind as the one asked for."""
        if self._step is not None and not self._is_step(one):
            return True
        own = frozenset(identifiers(one.text))
        if self._asked & own:
            return False
        return bool(self._asked and self._by_identifiers(one, own)) or self._by_headings(one)

    def _is_step(self, one: Candidate) -> bool:
        """Return whether it is the step that the question asks for by its number."""
        text = one.passage.between(one.block.start, one.block.end)
        return self._step is not None and self._step in (number_of(text), step_of(text))

    def _by_identifiers(self, one: Candidate, own: frozenset[str]) -> bool:
        """Return whether the nearest names of such a kind, in or above the sentence, are not asked for.

        What is below a heading that is asked for may name other things in passing.
        """
        header = one.passage.context.partition("\n")[2] if one.is_row else ""
        for line in (header, *reversed(one.path), one.passage.title):
            named = self._named_in(line)
            if self._alike(named):
                return not self._asked & named
        named_beside = own if self._alike(own) else self._in_front(one)
        return self._alike(named_beside) and not self._asked & named_beside

    def _named_in(self, line: str) -> frozenset[str]:
        """Return the identifiers of a line that stands above many sentences."""
        if line not in self._names:
            self._names[line] = frozenset(identifiers(line))
        return self._names[line]

    def _alike(self, named: Iterable[str]) -> bool:
        """Return whether one of these identifiers is of the kind of one that is asked for."""
        return any(_kind(term) in self._kinds for term in named)

    def _in_front(self, one: Candidate) -> frozenset[str]:
        """Return the nearest identifiers of such a kind that stand in front of it in its section."""
        text, end = one.passage.between(one.block.start, one.start), one.place
        if self._alike(identifiers(text)):
            return frozenset(identifiers(text))
        for block in reversed(one.blocks[:end]):
            if block.kind is BlockKind.HEADING or block.path != one.path:
                break
            named = identifiers(one.passage.between(block.start, block.end))
            if self._alike(named):
                return frozenset(named)
        return frozenset()

    def _by_headings(self, one: Candidate) -> bool:
        """Return whether a heading beside one above the sentence is meant, which differs in one word."""
        own = _tokens(one.text)
        names = (one.passage.title, *one.path)
        for depth, heading in enumerate(names):
            for other in self._siblings.get((one.passage.document_id if depth else 0, names[:depth]), ()):
                here, there = _difference(heading, other)
                if there & self._tokens and not here & self._tokens and not there & own:
                    return True
        return False


def names_another(question: str, text: str) -> bool:
    """Return whether a text names things of the kind of one that the question names, but not that one."""
    asked = identifiers(question).keys()
    kinds, named = {_kind(term) for term in asked}, identifiers(text).keys()
    return not asked & named and any(_kind(term) in kinds for term in named)


def _siblings(found: Sequence[Candidate]) -> dict[tuple[int, tuple[str, ...]], set[str]]:
    """Return the headings below each path of each document, and the titles of all documents."""
    siblings: dict[tuple[int, tuple[str, ...]], set[str]] = {}
    for one in found:
        names = (one.passage.title, *one.path)
        for depth, name in enumerate(names):
            document = one.passage.document_id if depth else 0
            siblings.setdefault((document, names[:depth]), set()).add(name)
    return siblings


def _difference(heading: str, other: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the word of each that the other lacks, if the two differ in this one word alone."""
    here, there = _tokens(heading), _tokens(other)
    if not here & there or len(here - there) != 1 or len(there - here) != 1:
        return frozenset(), frozenset()
    return here - there, there - here


def _tokens(text: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS).casefold()
    return frozenset(_TOKEN.findall(_NUMBERING.sub("", plain)))


def _kind(term: str) -> str:
    """Return the form of an identifier: `E-42` and `E-430` have the same."""
    return _DIGITS.sub("0", _HEX.sub("0", term))
