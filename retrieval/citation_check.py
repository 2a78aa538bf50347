"""The citation check, which each sentence of a generator must pass before a user sees it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.text.answer_text import rich_text, verbatim
from core.text.language import TOKEN
from core.values.answers import Citation, DraftSentence, Passage, under_heading
from core.values.documents import CELL_SEPARATOR, BlockKind
from core.values.rich_text import RichText, Span
from llm.entailment.entailment import Entailment
from llm.extractive.candidates import readable_row
from retrieval.claims.check import Source, agreeing
from retrieval.claims.forbidden_items import follows_prohibition, quote_as_meant, spelled_out

_SPACES = re.compile(r"\s+")
_ENDS = re.compile(r"[.!?;:。！？；：|\n]\s*$|^$")


@dataclass(frozen=True, slots=True)
class ProvenSentence:
    """A sentence that its citations prove."""

    said: RichText
    citations: tuple[Citation, ...]


def proven(
    draft: DraftSentence,
    passages: Sequence[Passage],
    entailment: Entailment | None = None,
    under: str = "",
) -> ProvenSentence | None:
    """Return what the citations prove of a sentence, with the valid ones; None if they do not prove it.

    A citation is valid if its quote lies inside a passage that was shown. A sentence that stands word for
    word in its quotes, perhaps behind the heading above them, is proven. Any other is if each of its claims
    agrees with the quotes and the headings above them (`retrieval/claims/check.py`); a part that they do not
    have is cut out if a sentence remains. An item below a lead-in or heading that forbids it ("Never do
    this:") is not proven unless that is said with it; `under` is what is said in front of its list.
    `entailment` may object, and may vouch for single words.

    Raises: ModelError if the entailment model cannot be loaded or does not answer.
    """
    valid = [
        (passages[number], start, end)
        for number, start, end in draft.citations
        if 0 <= number < len(passages) and passages[number].start <= start < end <= passages[number].end
    ]
    citations = tuple(dict.fromkeys(passage.cite(start, end) for passage, start, end in valid))
    if not citations or not TOKEN.search(draft.text):
        return None
    quotes = [quote for one in valid for quote in _quotes(under, *one)]
    headed = [quote for one in valid for quote in _headed(*one)]
    if any(_stands_in(draft.text, quote) for quote in (*quotes, *headed)):
        return ProvenSentence(verbatim(draft.text), citations)
    source = Source(
        "\n".join(dict.fromkeys(map(spelled_out, quotes))),
        "\n".join(passage.context for passage, _, _ in valid),
    )
    said = _agreeing(rich_text(draft.text), source, entailment)
    return ProvenSentence(said, citations) if said else None


def _quotes(under: str, passage: Passage, start: int, end: int) -> list[str]:
    """Return the quote, and a table row with the names of its columns too; what is forbidden, as such."""
    quote = quote_as_meant(passage, start, end, under)
    is_row = passage.kind is BlockKind.ROW or CELL_SEPARATOR in quote
    return [quote, readable_row(passage, quote)] if is_row else [quote]


def _headed(passage: Passage, start: int, end: int) -> list[str]:
    """Return the quotes with the heading that they stand under in front."""
    return [
        under_heading(heading, quote)
        for heading in passage.headings_at(start)[-1:]
        for quote in _quotes(heading, passage, start, end)
    ]


def _stands_in(text: str, quote: str) -> bool:
    """Return whether a text is one or more whole sentences of a quote, and not what the quote forbids."""
    said, whole = _SPACES.sub(" ", text.strip()), _SPACES.sub(" ", quote.strip())
    place = whole.find(said)
    if place < 0 or follows_prohibition(whole[:place]):
        return False
    after = whole[place + len(said) :]
    return bool(_ENDS.search(whole[:place])) and (not after or bool(_ENDS.search(said)))


def _agreeing(said: RichText, source: Source, entailment: Entailment | None) -> RichText | None:
    agreed = agreeing(said.text, source, entailment)
    if agreed == said.text:
        return said
    return RichText((Span(agreed),)) if agreed else None
