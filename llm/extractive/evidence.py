"""The evidence that a sentence answers a question: the numbers that `llm/extractive/support.py` weighs."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from core.text.definitions import meaning_asked
from core.text.language import cjk_share, words
from core.values.answers import Passage
from core.values.documents import is_inside
from llm.extractive.candidates import Candidate
from llm.extractive.polarity import forbids, is_contrary
from llm.extractive.question_analysis import QuestionAnalysis, cjk_characters, weight_share
from llm.extractive.question_kind import Want, want_of
from llm.extractive.sections import Sections
from llm.extractive.subjects import Subjects

# Sentences on either side that count as neighbours: they name the thing that "it" means.
_AROUND = 1
# What a question wants that may ask for a measure: "May I lay 5 m of cable?" asks for none.
_OF_MEASURES = frozenset({Want.FACT, Want.LIST, Want.OTHER})
# The share of Chinese characters above which a row with a code in it is Chinese.
_SOME_CHINESE = 0.1
# A sentence with fewer words is often a fragment.
_WHOLE_SENTENCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceEvidence:
    """The measures of a sentence for a question; shares lie in 0..1.

    A share of the question is a share of the weights of its words, which are their inverse document
    frequencies.
    """

    likeness: float | None
    """Inner product with the question, -1..1; None if the embedder was not used or cannot read it."""
    with_headings: float
    """The share of the question that is in the sentence or the headings above it."""
    around: float
    """The share that is in the sentence, its headings or its neighbours."""
    distinct: float
    """The share in the sentence, where the weight of a word is divided by the number of the document's
    candidates with that word: a word in many of them does not say which one answers."""
    characters: float
    """As `distinct`, for single Chinese, Japanese and Korean characters, all of which weigh the same."""
    document: float
    """The share that is in all candidates of the document and their headings together."""
    missing: float
    """The weight of the rarest word that is neither in the chunk nor in its headings, see
    `QuestionAnalysis.missing`."""
    missing_section: float
    """As `missing`, for the section below the same headings."""
    name_missing: bool
    """Whether a proper name of the question is in no candidate of the document and no heading above one."""
    measure: float
    """Whether its section holds the measure that is asked for: 1 or -1, 0 if none is; see
    `llm.extractive.measures`."""
    passage: float
    """The score of the sentence's passage."""
    rank: float
    """1 for a sentence of the best passage, 1/2 for one of the second, and so on."""
    passage_likeness: float | None
    """The inner product of its passage's chunk with the question: the least among the passages if the chunk
    was not found by its meaning, None if none was; `with_likeness` puts the sentence's in its place."""
    best_likeness: float | None
    """The greatest `passage_likeness` of all passages."""
    lead: float
    """The score of the document's best passage minus that of the best other document, -1..1.

    What is inside a message or an archive, and the file around it, do not compete."""
    title: float
    """The share of the title's words that are in the question."""
    label: float
    """The share of the words in a table row's `label` that are in the question."""
    length: float
    """The natural logarithm of one more than the number of words, at most twelve words."""
    fits: float
    """1 if the sentence holds the kind of thing that is wanted, -1 if not, 0 if no kind is wanted."""
    defines: bool
    """Whether the sentence defines the thing that the question asks the meaning of."""
    looked_up: bool
    """Whether an identifier of the question begins a cell of this table row, or the headings above say all
    that the question names."""
    explains: bool
    """Whether it defines an identifier whose meaning the question asks for, by `core.text.definitions`."""
    named: bool
    """Whether the chunk or its headings hold an identifier of the question."""
    own_language: bool
    """Whether it is written in the script of the question: a code may stand in tables of two languages."""
    identifies_what_was_asked: bool
    """Whether it can be an answer: it is about the thing that was asked for, and not the contrary of it."""


def measured(
    asked: QuestionAnalysis, found: Sequence[Candidate], passages: Sequence[Passage]
) -> list[SentenceEvidence]:
    """Return the evidence of each candidate, in order, without its likeness."""
    leads, known = _leads(passages), frozenset(asked.term_weights)
    sections = Sections(found, asked.question if want_of(asked.question) in _OF_MEASURES else "")
    likeness = [one.likeness for one in passages if one.likeness is not None]
    least, most = min(likeness, default=None), max(likeness, default=None)
    subjects = Subjects(asked.whole or asked.question, found)
    sought = meaning_asked(asked.whole or asked.question) if asked.identifiers else frozenset()
    named = [subjects.words(one) & known for one in found]
    seen = [one.known_words & known | of_it for one, of_it in zip(found, named, strict=True)]
    held = _held(found, seen)
    alone = [cjk_characters(one.text) & asked.characters.keys() for one in found]
    held_alone = _held(found, alone)
    return [
        SentenceEvidence(
            likeness=None,
            with_headings=weight_share(asked.term_weights, seen[place]),
            around=weight_share(
                asked.term_weights, seen[place].union(*(other.words for other in _beside(found, place)))
            ),
            distinct=weight_share(asked.term_weights, one.words, held[one.passage.document_id]),
            characters=weight_share(asked.characters, alone[place], held_alone[one.passage.document_id]),
            document=weight_share(asked.term_weights, held[one.passage.document_id].keys()),
            missing=asked.missing(one.all_words | named[place]),
            missing_section=asked.missing(sections.words(one) | named[place]),
            name_missing=any(not name <= held[one.passage.document_id].keys() for name in asked.names),
            measure=sections.measure(one),
            passage=one.passage.score,
            rank=1.0 / (1 + one.passage_number),
            passage_likeness=least if one.passage.likeness is None else one.passage.likeness,
            best_likeness=most,
            lead=leads[one.passage.document_id],
            title=_asked_for(known, one.passage.title),
            label=_asked_for(known, one.label),
            length=math.log1p(min(len(one.words), _WHOLE_SENTENCE)),
            fits=asked.fits(one.text),
            defines=asked.is_defined_by(one.text),
            looked_up=bool(asked.identifiers & one.keys)
            or subjects.is_row_of(one)
            or subjects.heads(one, known),
            explains=bool(sought & one.defined),
            named=bool(subjects.named(one)),
            own_language=_is_chinese("\n".join((*one.path, one.readable)))
            == _is_chinese(asked.whole or asked.question),
            identifies_what_was_asked=_is_about(asked, subjects, one),
        )
        for place, one in enumerate(found)
    ]


def with_likeness(evidence: Sequence[SentenceEvidence], likeness: Sequence[float]) -> list[SentenceEvidence]:
    """Return the evidence of sentences with the inner product of each with the question."""
    most = max(likeness, default=0.0)
    return [
        replace(
            one,
            likeness=value,
            passage_likeness=value if one.passage_likeness is None else one.passage_likeness,
            best_likeness=most if one.best_likeness is None else one.best_likeness,
        )
        for one, value in zip(evidence, likeness, strict=True)
    ]


def _is_chinese(text: str) -> bool:
    """Return whether a text holds more Chinese, Japanese or Korean than a name or two; codes are Latin."""
    return cjk_share(text) > _SOME_CHINESE


def _is_about(asked: QuestionAnalysis, subjects: Subjects, one: Candidate) -> bool:
    if asked.identifiers and not subjects.named(one):
        return False
    return not subjects.is_another(one) and not _is_contrary(asked.question, one)


def _is_contrary(question: str, one: Candidate) -> bool:
    """Return whether it says the contrary of what is asked for; a row with columns for both does not."""
    columns = any(forbids(name) for name, _ in one.cells)
    return not columns and is_contrary(question, one.readable, one.lead)


def _leads(passages: Sequence[Passage]) -> dict[int, float]:
    """Return, by document, the score of its best passage minus that of the best of all others."""
    best: dict[int, Passage] = {}
    for passage in sorted(passages, key=lambda one: one.score):
        best[passage.document_id] = passage
    return {
        document: passage.score
        - max((other.score for other in best.values() if _compete(passage, other)), default=0.0)
        for document, passage in best.items()
    }


def _compete(one: Passage, other: Passage) -> bool:
    related = is_inside(one.uri, other.uri) or is_inside(other.uri, one.uri)
    return one.document_id != other.document_id and not related


def _held(found: Sequence[Candidate], words: Sequence[Set[str]]) -> dict[int, Counter[str]]:
    """Return, by document, in how many of its candidates each word is."""
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for one, of_it in zip(found, words, strict=True):
        held[one.passage.document_id].update(of_it)
    return held


def _beside(found: Sequence[Candidate], place: int) -> list[Candidate]:
    """Return a candidate and its neighbours inside its passage."""
    number = found[place].passage_number
    around = found[max(0, place - _AROUND) : place + _AROUND + 1]
    return [other for other in around if other.passage_number == number]


def _asked_for(asked: frozenset[str], text: str) -> float:
    """Return the share of the words of a text that are in the question; an identifier is one word."""
    named = [asked.intersection(parts) for *_, parts in words(text) if parts]
    return sum(map(bool, named)) / len(named) if named else 0.0
