"""What can be measured of a sentence and a question: the numbers that `llm/extractive/support.py` weighs."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass

from core.text.language import words
from core.values.answers import Passage
from llm.extractive.candidates import Candidate
from llm.extractive.question_analysis import QuestionAnalysis, cjk_characters, weight_share

# Sentences on either side that are read along: they name what "it" is.
_AROUND = 1
# A sentence of so many words is whole; fewer are often a fragment.
_WHOLE_SENTENCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceEvidence:
    """What is known of a sentence and a question; shares lie in 0..1.

    `likeness`, -1..1, is None where the embedder was not asked or cannot read the question. `coverage`
    is the share of what the question's words tell that stands in the sentence: alone, `with_headings`,
    and with its neighbours (`around`). `distinct` is the same share, but a word tells the less, the
    more sentences of the document hold it: what a document is about stands in many of them and does not
    tell which one answers; `characters` is that of single Chinese, Japanese and Korean characters, which
    all tell the same. `document` is the share that stands anywhere in what was found of the document.
    `missing` tells how telling a word is that neither the sentence's
    chunk nor its headings hold. `passage` is the score of its passage over the best one's; `lead` by how
    much its document's best passage is ahead of any other document's, -1..1. `title` is the share of the
    title's words that are asked for, `label` the same of a table row's first cell. `length` is the
    natural logarithm of one more than its words, twelve at most. `fits` is 1 if it holds the kind of thing
    that is wanted, -1 if not, 0 if nothing in particular is wanted. `looked_up` tells that it is a table
    row with the very name that was asked for in a cell of its own, `named` that its chunk or headings hold
    such a name.
    """

    likeness: float | None
    coverage: float
    with_headings: float
    around: float
    distinct: float
    characters: float
    document: float
    missing: float
    passage: float
    lead: float
    title: float
    label: float
    length: float
    fits: float
    defines: bool
    looked_up: bool
    named: bool
    identifies_what_was_asked: bool


def measured(
    asked: QuestionAnalysis, found: Sequence[Candidate], passages: Sequence[Passage]
) -> list[SentenceEvidence]:
    """Return what is known of each candidate without reading it by meaning, in their order."""
    leads, known = _leads(passages), frozenset(asked.term_weights)
    held = _held(found, [one.known_words & known for one in found])
    alone = [cjk_characters(one.text) & asked.characters.keys() for one in found]
    held_alone = _held(found, alone)
    return [
        SentenceEvidence(
            likeness=None,
            coverage=weight_share(asked.term_weights, one.words),
            with_headings=weight_share(asked.term_weights, one.known_words),
            around=weight_share(
                asked.term_weights, one.known_words.union(*(other.words for other in _beside(found, place)))
            ),
            distinct=weight_share(asked.term_weights, one.words, held[one.passage.document_id]),
            characters=weight_share(asked.characters, alone[place], held_alone[one.passage.document_id]),
            document=weight_share(asked.term_weights, held[one.passage.document_id].keys()),
            missing=asked.missing(one.all_words),
            passage=one.passage.score,
            lead=leads[one.passage.document_id],
            title=_asked_for(known, one.passage.title),
            label=_asked_for(known, one.label),
            length=math.log1p(min(len(one.words), _WHOLE_SENTENCE)),
            fits=asked.fits(one.text),
            defines=asked.is_defined_by(one.text),
            looked_up=bool(asked.identifiers & one.keys),
            named=bool(asked.identifiers & one.all_words),
            identifies_what_was_asked=not asked.identifiers or bool(asked.identifiers & one.all_words),
        )
        for place, one in enumerate(found)
    ]


def _leads(passages: Sequence[Passage]) -> dict[int, float]:
    """Return by how much each document's best passage is ahead of the best of all others."""
    best: dict[int, float] = {}
    for passage in passages:
        best[passage.document_id] = max(best.get(passage.document_id, 0.0), passage.score)
    return {
        document: score - max((other for key, other in best.items() if key != document), default=0.0)
        for document, score in best.items()
    }


def _held(found: Sequence[Candidate], words: Sequence[Set[str]]) -> dict[int, Counter[str]]:
    """Return, for each document, with how many of its candidates each word goes."""
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for one, of_it in zip(found, words, strict=True):
        held[one.passage.document_id].update(of_it)
    return held


def _beside(found: Sequence[Candidate], place: int) -> list[Candidate]:
    """Return the neighbours of a candidate inside its passage."""
    number = found[place].passage_number
    around = found[max(0, place - _AROUND) : place + _AROUND + 1]
    return [other for other in around if other.passage_number == number]


def _asked_for(asked: frozenset[str], text: str) -> float:
    """Return which share of the words of a text is asked for; an identifier is one word."""
    named = [asked.intersection(parts) for *_, parts in words(text) if parts]
    return sum(map(bool, named)) / len(named) if named else 0.0
