"""The sections that candidates stand in, and how well each one answers a question as a whole.

The best sentence of a page often stands in its introduction, and the steps in the section after it. So where
more than one fact is wanted, sections are compared: by their heading and the beginning of their text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.text.language import terms
from core.values.documents import BlockKind
from llm.extractive.candidates import Candidate
from llm.extractive.evidence import SentenceEvidence, with_likeness
from llm.extractive.form.regions import as_steps, regions_between, section_of, steps_by_heading
from llm.extractive.question_analysis import QuestionAnalysis, weight_share
from llm.extractive.support import relevance

Weighed = tuple[Candidate, SentenceEvidence]

# Sections that are compared by meaning, and characters of each, with its heading.
_COMPARED = 8
_CHARACTERS = 300
# The weights of a section's measures, rounded from a conditional logit over the sections of the questions to
# choose by (`benchmarks/answers`): the first section holds the whole answer to 0.67 instead of 0.51 of the
# how-to questions and lists. The likeness is -1..1; the score of the passage and both shares are 0..1.
_LIKENESS, _SCORE, _COVERED, _HAS_LIST = 8.0, 4.5, 3.5, 3.5
# The weight of a section that defines the identifier whose meaning is asked for: a mention that repeats the
# identifier is liker the question.
_EXPLAINS = 8.0
# The weights where the embedder cannot read the question; the relevance counts a definition itself.
_NAMED, _COVERED_UNREAD, _BEST = 7.0, 5.0, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section as the candidates in it, at least one."""

    weighed: tuple[Weighed, ...]
    text: str
    """Its text, without its heading."""
    covered: float
    """The share of the question in its text and the headings above it, 0..1."""
    named: float
    """The share of the words of its heading that are in the question, 0..1."""
    has_list: bool
    """Whether it has a list of at least two items, instructions in a row, or headings that are steps."""
    likeness: float | None = None
    """Inner product of its beginning with the question; None if they were not compared."""

    @property
    def first(self) -> Candidate:
        """The first of its candidates."""
        return self.weighed[0][0]

    @property
    def beginning(self) -> str:
        """Its heading and the beginning of its text, as they are compared by meaning."""
        path = self.first.path
        heading = path[-1] if path else self.first.passage.title
        return f"{heading}. {self.text}"[:_CHARACTERS]

    @property
    def best(self) -> Weighed:
        """Its most relevant candidate."""
        return max(self.weighed, key=lambda pair: relevance(pair[1]))

    def compared(self, likeness: float, read: Sequence[Weighed]) -> "Section":
        """Return the section with its likeness; a candidate that is not among those read is as like as it."""
        known = {id(one): evidence for one, evidence in read}
        weighed = (
            (one, known.get(id(one)) or with_likeness([evidence], [likeness])[0])
            for one, evidence in self.weighed
        )
        return replace(self, likeness=likeness, weighed=tuple(weighed))

    def score(self, wants_list: bool) -> float:
        """Return how well it answers, comparable between the sections of one question."""
        listed = _HAS_LIST * (self.has_list and wants_list)
        if self.likeness is None:
            unread = _NAMED * self.named + _COVERED_UNREAD * self.covered
            return unread + _BEST * max(relevance(evidence) for _, evidence in self.weighed)
        by_words = _SCORE * self.first.passage.score + _COVERED * self.covered
        explains = any(evidence.explains for _, evidence in self.weighed)
        return _LIKENESS * self.likeness + by_words + listed + _EXPLAINS * explains


def sections_of(asked: QuestionAnalysis, weighed: Sequence[Weighed], wants_list: bool) -> list[Section]:
    """Return the sections that can answer, the likeliest by words first; at most 8."""
    inside: dict[tuple[int, int], list[Weighed]] = {}
    for one, evidence in weighed:
        if evidence.identifies_what_was_asked and not one.is_row:
            first, _ = section_of(one)
            key = (one.passage.document_id, one.blocks[first].start)
            inside.setdefault(key, []).append((one, evidence))
    found = [_section(asked, of_it) for of_it in inside.values()]

    def by_words(section: Section) -> float:
        return replace(section, likeness=0.0).score(wants_list)

    return sorted(found, key=by_words, reverse=True)[:_COMPARED]


def _section(asked: QuestionAnalysis, weighed: Sequence[Weighed]) -> Section:
    one = weighed[0][0]
    first, last = section_of(one)
    text = one.passage.between(one.blocks[first].start, one.blocks[last - 1].end)
    heading = frozenset(terms(one.path[-1] if one.path else one.passage.title))
    return Section(
        weighed=tuple(weighed),
        text=text,
        covered=weight_share(asked.term_weights, one.above_words | frozenset(terms(text))),
        named=len(heading & asked.term_weights.keys()) / len(heading) if heading else 0.0,
        has_list=_has_list(one, first, last),
    )


def _has_list(one: Candidate, first: int, last: int) -> bool:
    items = sum(block.kind is BlockKind.LIST_ITEM for block in one.blocks[first:last])
    if items > 1 or steps_by_heading(one):
        return True
    told = as_steps([pieces for pieces in regions_between(one, first, last) if pieces])
    return any(piece.is_item for pieces in told for piece in pieces)
