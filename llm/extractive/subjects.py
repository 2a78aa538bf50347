"""The thing that a sentence is about: its own names, those above it, and those in front of it.

"Grease the seal every 200 hours." says nothing by itself; below the heading "Mixer M30" it is about the M30,
and answers no question about the M50. Below "M30 to M39" it is about the M32, too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from core.text.language import CJK, HYPHENS, cjk_share, terms
from core.text.names import Names, kind_of, names_in, speaks_of_versions, words_of
from core.values.documents import BlockKind
from llm.extractive.candidates import Candidate
from llm.extractive.labels import has_line_to_write_on, is_label
from llm.extractive.question_kind import step_of
from llm.extractive.structure import number_of

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
# Words of a question that ask for a list and do not say which one.
_ASKING = frozenset(
    terms("list name enumerate state give show me all every each must have hold apply following items")
)
# The fewest words that say which list is meant.
_LIST_WORDS = 2
_CLAUSE = re.compile(r"(?<=[?？])|[.,:;!。，：；！]\s*")
_ASKS_OPENLY = re.compile(r"\bwhat (?:should|can|must|do|now|to do)\b|[?？]|怎么办|如何处理|怎么处理")
_NAME_CHARACTERS = 40
_NUMBERING = re.compile(r"^(?:\d+[.)]?)+\s+")
# A cell with more words says something; one with fewer may be the name of its row.
_NAME_WORDS = 4


class Subjects:
    """What the candidates of one question are about."""

    def __init__(self, question: str, found: Sequence[Candidate]) -> None:
        self._question = question
        self._asked = names_in(question).terms
        self._kinds = frozenset(map(kind_of, self._asked))
        self._step = step_of(question)
        self._tokens = _tokens(question)
        self._words = frozenset(terms(question))
        self._rows = Counter(_cell_of(one, cell) for one in found for cell in {cell for _, cell in one.cells})
        self._siblings = _siblings(found)
        self._blank = _blank_labels(found)
        self._known: dict[tuple[int, int, int, int, str], Names] = {}

    def named(self, one: Candidate) -> frozenset[str]:
        """Return the names asked for that the sentence is about, or that it, or its chunk, holds."""
        return self._asked & one.all_words | self._said_of(one)

    def words(self, one: Candidate) -> frozenset[str]:
        """Return the index terms of the names asked for that it is about, though another text says so."""
        return frozenset[str]().union(*map(words_of, self._said_of(one)))

    def _said_of(self, one: Candidate) -> frozenset[str]:
        about = [self._about(one, kind) for kind in self._kinds]
        return frozenset(term for term in self._asked if any(names.holds(term) for names in about))

    def is_row_of(self, one: Candidate) -> bool:
        """Return whether it is a table row of which a cell is a name that is asked for."""
        of_versions = self._of_versions(one)
        short = [pair for pair in one.cells if len(terms(pair[1])) <= _NAME_WORDS]
        is_meant = self._asks_only_for_names or bool(self._words & frozenset(terms(one.label)))
        cells = [names_in(f"{name}: {cell}") for name, cell in short if is_meant or not self._names(name)]
        if of_versions:
            cells.append(names_in(one.text, of_versions))
        return any(names.holds(term) for names in cells for term in self._asked) or self._is_keyed(one)

    @cached_property
    def _asks_only_for_names(self) -> bool:
        return self._words <= _GENERAL.union(*map(words_of, self._asked))

    def _names(self, column: str) -> bool:
        """Return whether a column is asked for by its name; then the label of a row says which is meant."""
        return any(names_in(column).holds(term) for term in self._asked)

    def _is_keyed(self, one: Candidate) -> bool:
        """Return whether a cell that no other row has is named, and another column is asked for by its name.

        "How many people work under Tanaka?" is for the row of Tanaka in a table with the column "People".
        """
        named = [name for name, cell in one.cells if self._is_named(one, cell)]
        others = (terms(name) for name, cell in one.cells if cell and name not in named)
        return bool(named) and any(self._words & set(words) for words in others)

    def _is_named(self, one: Candidate, cell: str) -> bool:
        words = frozenset(terms(cell))
        has_letters = any(map(str.isalpha, cell)) and len(cell) > 1
        return has_letters and bool(words) and words <= self._words and self._rows[_cell_of(one, cell)] == 1

    def heads(self, one: Candidate, asked_terms: frozenset[str]) -> bool:
        """Return whether the headings above name all that is asked for: an identifier, a step or a list.

        Then the section answers a question such as "What is PPR-1044 about?", the step "What is step 3
        of the restart?", and the items below "These five conditions must hold:" "List the five conditions".
        """
        headings = "\n".join((one.passage.title, *one.path))
        held = [term for term in self._asked if any(names_in(line).holds(term) for line in one.path)]
        step = frozenset(terms(f"step {self._step}")) if self._step else frozenset[str]()
        known = frozenset(terms(headings)).union(_GENERAL, step, *map(words_of, held))
        if (held and self._is_open) or self._begins_with_name(one):
            return True
        is_meant = bool(held) or self._is_step(one) or self._leads_in(one, asked_terms)
        return is_meant and asked_terms <= known | frozenset(terms(one.lead)) | _ASKING

    def _begins_with_name(self, one: Candidate) -> bool:
        """Return whether only a name is asked for, and the sentence begins with it: "LF-41 Door blocked."."""
        return self._asks_only_for_names and self._asked.issuperset(terms(one.text[:_NAME_CHARACTERS])[:1])

    @cached_property
    def _is_open(self) -> bool:
        """Return whether the question, behind all that it tells, asks for anything about what it names."""
        clauses = [piece for piece in _CLAUSE.split(self._question) if _ASKS_OPENLY.search(piece)]
        return bool(clauses) and frozenset(terms(clauses[-1])) <= _GENERAL

    def _leads_in(self, one: Candidate, asked_terms: frozenset[str]) -> bool:
        """Return whether an item's list is asked for by the words of its lead-in or heading."""
        asked = asked_terms - _ASKING - _GENERAL
        return (
            one.block.kind is BlockKind.LIST_ITEM and len(asked & frozenset(terms(one.lead))) >= _LIST_WORDS
        )

    def is_another(self, one: Candidate) -> bool:
        """Return whether the sentence is about another thing of the same kind as the one asked for."""
        if self._step is not None and not self._is_step(one):
            return True
        beside = self._by_headings(one) or self._is_any_other(one) or self._is_left_blank(one)
        return beside or self.names_another(one)

    def names_another(self, one: Candidate) -> bool:
        """Return whether a name in it, above it or in front of it says that it is about another thing."""
        return any(self._another(one, kind) for kind in self._kinds)

    def _is_left_blank(self, one: Candidate) -> bool:
        """Return whether its document has an empty label for what is asked, which it does not say."""
        labels = self._blank.get(one.passage.document_id, ())
        return any(label <= self._words and not label <= one.known_words for label in labels)

    def _is_any_other(self, one: Candidate) -> bool:
        """Return whether it stands below the name asked for, and shares no other word with the question.

        Nothing says that this row or sentence is meant and not the next: the question is in another language.
        """
        if self._asked & one.words or not self._asked & one.all_words:
            return False
        names = frozenset[str]().union(*map(words_of, self._asked))
        others = self._words - names - _GENERAL
        return any(map(cjk_share, others)) and not cjk_share(one.text) and not others & one.words

    def _is_step(self, one: Candidate) -> bool:
        """Return whether it is the step that the question asks for by its number."""
        text = one.passage.between(one.block.start, one.block.end)
        return self._step is not None and self._step in (number_of(text), step_of(text))

    def _another(self, one: Candidate, kind: str) -> bool:
        about = self._about(one, kind)
        return kind in about.kinds and not self._holds(about, kind)

    def _about(self, one: Candidate, kind: str) -> Names:
        """Return the names of a kind that say what it is about, found once for each candidate."""
        key = (one.passage_number, one.start, one.end, one.place, kind)
        if key not in self._known:
            self._known[key] = self._naming(one, kind)
        return self._known[key]

    def _naming(self, one: Candidate, kind: str) -> Names:
        """Return the names of a kind that say what it is about; none if nothing does.

        Its own names, if what is asked for is among them; the nearest above it; otherwise its own, and then
        those that stand in front of it. What is below a heading may name other things in passing.
        """
        of_versions = self._of_versions(one)
        own = names_in(one.readable, of_versions)
        if one.is_row and of_versions:
            own = _both(own, names_in(one.text, of_versions))
        if self._holds(own, kind):
            return own
        for line in _above(one):
            named = names_in(line, of_versions)
            if kind in named.kinds:
                return named
        return own if kind in own.kinds else self._in_front(one, kind, of_versions)

    def _holds(self, names: Names, kind: str) -> bool:
        return any(kind_of(term) == kind and names.holds(term) for term in self._asked)

    def _of_versions(self, one: Candidate) -> bool:
        """Return whether a bare `2.1` that begins the sentence or a heading is the name of a version."""
        return "version" in self._kinds and any(map(speaks_of_versions, (*_above(one), one.passage.context)))

    def _in_front(self, one: Candidate, kind: str, of_versions: bool) -> Names:
        """Return the nearest names of a kind that stand in front of it in its section."""
        before = [names_in(one.passage.between(one.block.start, one.start), of_versions)]
        for block in reversed(one.blocks[: one.place]):
            if block.kind is BlockKind.HEADING or block.path != one.path or kind in before[-1].kinds:
                break
            before.append(names_in(one.passage.between(block.start, block.end), of_versions))
        return before[-1] if kind in before[-1].kinds else Names()

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


def _above(one: Candidate) -> tuple[str, ...]:
    """Return the header of its table, the headings above it and the title, the nearest first."""
    header = one.passage.context.partition("\n")[2] if one.is_row else ""
    return (header, *reversed(one.path), one.passage.title)


def _cell_of(one: Candidate, cell: str) -> tuple[int, str]:
    return one.passage.document_id, cell.casefold()


def _blank_labels(found: Sequence[Candidate]) -> dict[int, set[frozenset[str]]]:
    """Return, by document, the terms of each form label that nothing was written behind."""
    shown = {(one.passage.document_id, one.blocks[0].start): one for one in found}
    labels: dict[int, set[frozenset[str]]] = {}
    for (document, _), one in shown.items():
        texts = [one.passage.between(block.start, block.end) for block in one.blocks]
        empty = [is_label(text) for text in texts]
        for place, text in enumerate(texts):
            beside = empty[max(0, place - 1) : place] + empty[place + 1 : place + 2]
            if empty[place] and terms(text) and (any(beside) or has_line_to_write_on(text)):
                labels.setdefault(document, set()).add(frozenset(terms(text)))
    return labels


def _both(one: Names, other: Names) -> Names:
    return Names(one.terms | other.terms, one.ranges | other.ranges)


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
