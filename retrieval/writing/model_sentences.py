"""What a chat model wrote, held to its sources: its own marks first, then the span that supports it best."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from core.text.language import terms
from core.values.answers import PATH, DraftSentence, Inquiry, Passage
from core.values.documents import BlockKind
from core.values.notices import Notice
from llm.entailment.entailment import Entailment
from llm.extractive.candidates import Candidate, candidates
from llm.extractive.evidence import SentenceEvidence
from llm.extractive.question_kind import Want, want_of
from llm.extractive.structure import blocks_of
from llm.extractive.support import support
from llm.generator import Generator
from retrieval.citation_check import ProvenSentence, proven

# A span is tried if it has this share of a sentence's words, with its headings; so many of the best are.
_SHARED, _TRIED = 0.6, 6
_ASKS = ("?", "？")
_CHOICE = re.compile(r"\bor\b|还是|或", re.IGNORECASE)
# A sentence about what the model was shown, and not about what stands there.
_OF_THE_PROMPT = re.compile(
    r"\W*(?:(?:the|this|these|each|all|numbered)\s+)*(?:passages?|excerpts?|question|answer|context)\b"
    r"(?!\s+(?:says?|states?|notes?|mentions?|explains?)\s+that)|\W*(?:这|该|以上|上述)?(?:段落|问题|答案)",
    re.IGNORECASE,
)
# With so few terms a text is a name or a value, which states nothing without the sentence that it stands in.
_FRAGMENT = 3
# The number of a section or of an entry, in front of its heading or behind the path to it.
_NUMBER = re.compile(r"^\s*\d+(?:\.\d+)*[.)]?\s+|[>›]\s*\d+(?:\.\d+)*[.)]?\s*$")


class Extracting(Generator, Protocol):
    """A generator of the documents' own sentences, which can also say how well one answers."""

    def weighed(
        self, inquiry: Inquiry, passages: Sequence[Passage]
    ) -> tuple[list[tuple[Candidate, SentenceEvidence]], tuple[Notice, ...]]:
        """Return the most relevant sentences with their evidence, best first, and notices."""
        ...

    def verdict_on(self, inquiry: Inquiry, text: str, above: str) -> str:
        """Return `yes` or `no` if a sentence below headings decides the question for certain, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A sentence that its sources prove."""

    draft: DraftSentence
    """With the citations that prove it."""
    proof: ProvenSentence
    attributed: bool
    """Whether the model named no source that proves it, and one was found for it."""
    answers: float
    """The greatest support, 0..1, of a sentence that it cites, as the extractive generator weighs it."""


class ModelSentences:
    """Holds the sentences of one answer of a chat model."""

    def __init__(
        self,
        inquiry: Inquiry,
        passages: Sequence[Passage],
        extracting: Extracting | None,
        entailment: Entailment | None,
    ) -> None:
        """Without `extracting` nothing can be attributed, and no verdict is believed."""
        self._inquiry = inquiry
        self._passages = passages
        self._extracting = extracting
        self._entailment = entailment

    def held(self, draft: DraftSentence, under: str = "") -> Held | None:
        """Return what is proven of a sentence; None if nothing is, or if it is no statement.

        Headings, the question itself, questions and loops are no statements. A sentence whose own citations
        do not prove it gets the one that does, if that also answers the question: the support of an
        attributed sentence is that of the source. `under` is what is said in front of its list.

        Raises: ModelError if the entailment model fails.
        """
        if self._says_nothing(draft.text):
            return None
        draft = self._with_true_verdict(draft)
        if _is_fragment(draft.text):
            return self._whole(draft, under)
        proof = self._proof(draft, under)
        if proof:
            return Held(draft, proof, attributed=False, answers=self._answers(draft))
        return self._attributed(draft, under) if self._extracting else None

    def _whole(self, draft: DraftSentence, under: str) -> Held | None:
        """Return a fragment as the sentence or row that holds its words, one that it cites before others."""
        said = set(terms(draft.text))
        found = [one for one in self._candidates if said <= one.words]
        best = max(found, key=lambda one: (_is_cited(one, draft), self._support_of(one)), default=None)
        if best is None:
            return None
        value, is_cited = self._support_of(best), _is_cited(best, draft)
        cited = ((best.passage_number, best.start, best.end),)
        whole = replace(draft, text=best.readable, citations=cited)
        whole = whole if is_cited else replace(whole, support=value)
        proof = proven(whole, self._passages, self._entailment, under)
        return Held(whole, proof, attributed=not is_cited, answers=value) if proof else None

    def _attributed(self, draft: DraftSentence, under: str) -> Held | None:
        cut: Held | None = None
        for one in self._spans(draft.text):
            value = self._support_of(one)
            by = replace(draft, citations=((one.passage_number, one.start, one.end),), support=value)
            proof = self._proof(by, under)
            if proof is None:
                continue
            held = Held(by, proof, attributed=True, answers=value)
            if proof.said.text == draft.text:
                return held
            cut = cut or held
        return cut

    def _answers(self, draft: DraftSentence) -> float:
        """Return the greatest support of what overlaps with a sentence's citations."""
        found = (value for one, value in self._weighed if _is_cited(one, draft))
        return max(found, default=0.0)

    def _proof(self, draft: DraftSentence, under: str) -> ProvenSentence | None:
        """Return what its citations prove of a sentence, if that is still a statement."""
        proof = proven(draft, self._passages, self._entailment, under)
        if proof is None or self._says_nothing(proof.said.text) or _is_fragment(proof.said.text):
            return None
        return proof

    def _spans(self, text: str) -> list[Candidate]:
        """Return the spans that share most of a text's words; of equal ones, the better answer first."""
        said = set(terms(text))
        shared = [(len(said & one.known_words), one) for one in self._candidates]
        fitting = [(count, one) for count, one in shared if count >= max(1, _SHARED * len(said))]
        fitting.sort(key=lambda entry: (-entry[0], -self._support_of(entry[1])))
        return [one for _, one in fitting[:_TRIED]]

    def _support_of(self, one: Candidate) -> float:
        return self._supports.get((one.passage_number, one.start, one.end), 0.0)

    def _with_true_verdict(self, draft: DraftSentence) -> DraftSentence:
        """Return a sentence without a verdict that what it says does not bear out."""
        verdict = draft.shape.verdict
        if not verdict:
            return draft
        above = PATH.join(one.context for one in self._cited(draft))
        found = self._extracting.verdict_on(self._inquiry, draft.text, above) if self._extracting else ""
        return draft if found == verdict else replace(draft, shape=replace(draft.shape, verdict=""))

    def _cited(self, draft: DraftSentence) -> list[Passage]:
        return [self._passages[number] for number, _, _ in draft.citations if number < len(self._passages)]

    def _says_nothing(self, text: str) -> bool:
        words = _key(text)
        names = words in self._headings or self._only_heads(words)
        asks = text.rstrip().endswith(_ASKS) or bool(_OF_THE_PROMPT.match(text))
        return asks or names or self._echoes(words) or _loops(text)

    def _only_heads(self, words: frozenset[str]) -> bool:
        """Return whether all words stand in what is above a passage, and no sentence consists of them."""
        above = any(words <= _key(f"{one.title} {one.context}") for one in self._passages)
        return above and not any(words == _key(one.text) for one in self._candidates)

    def _echoes(self, words: frozenset[str]) -> bool:
        """Return whether all words are the question's, where that decides nothing."""
        question = self._inquiry.whole or self._inquiry.question
        decides = want_of(question) is Want.YES_NO or _CHOICE.search(question)
        return not decides and words <= _key(question)

    @cached_property
    def _headings(self) -> set[frozenset[str]]:
        """The words of each title and heading, alone and behind what stands above it."""
        found: set[frozenset[str]] = set()
        for passage in self._passages:
            blocks = blocks_of(passage)
            lines = [passage.title, *passage.context.split("\n"), *(PATH.join(one.path) for one in blocks)]
            lines += [passage.between(one.start, one.end) for one in blocks if one.kind is BlockKind.HEADING]
            for line in lines:
                parts = line.split(PATH)
                found.update(_key(" ".join(parts[first:])) for first in range(len(parts)))
                found.update(map(_key, parts))
        return found

    @cached_property
    def _candidates(self) -> list[Candidate]:
        return list(candidates(self._passages))

    @cached_property
    def _supports(self) -> dict[tuple[int, int, int], float]:
        """The support of each span that was weighed for the question."""
        return {(one.passage_number, one.start, one.end): value for one, value in self._weighed}

    @cached_property
    def _weighed(self) -> list[tuple[Candidate, float]]:
        if self._extracting is None:
            return []
        weighed, _ = self._extracting.weighed(self._inquiry, self._passages)
        return [(one, support(found)) for one, found in weighed]


def _is_fragment(text: str) -> bool:
    return len(set(terms(text))) <= _FRAGMENT


def _is_cited(one: Candidate, draft: DraftSentence) -> bool:
    """Return whether a citation of a draft overlaps with a span."""
    return any(
        number == one.passage_number and start < one.end and one.start < end
        for number, start, end in draft.citations
    )


def _key(text: str) -> frozenset[str]:
    """Return the terms of a text without the number that it may begin with."""
    return frozenset(terms(_NUMBER.sub("", text)))


def _loops(text: str) -> bool:
    """Return whether a text says some words again at once, as a model does that cannot stop."""
    words = terms(text)
    repeated = (
        words[first : first + length] == words[first + length : first + 2 * length]
        for length in range(2, len(words) // 2 + 1)
        for first in range(len(words) - 2 * length + 1)
    )
    return any(repeated)
