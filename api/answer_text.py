"""An answer as plain text, with its sources."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from core.values.answers import CERTAIN, Answer, AnswerSentence, Citation, Superseded
from core.values.forms import AnswerBlock
from retrieval.composed import joined, markers, spoken

# Characters of the document that are shown beside a short quote.
_BESIDE = 60
_SHORT_QUOTE = 120
# Behind the marks of a sentence for which the chat model named no source that proves it.
ATTRIBUTED = "°"
_UNCERTAIN = "This may not answer the question (confidence {:.2f}); see what its sources say."
_LEGEND = f"{ATTRIBUTED} The chat model named no source for this; the one shown was found to say the same."


def answer_text(answer: Answer) -> str:
    """Return an answer, or a refusal with what came nearest, as lines for a person."""
    head = [
        *(notice.text for notice in answer.notices),
        *([f"Understood as: {answer.understood}"] if answer.understood else []),
    ]
    head += [""] if head else []
    if answer.refused:
        return "\n".join([*head, answer.reason, *_nearest(answer.found)])
    verdict = [spoken(answer.verdict, answer.text)] if answer.verdict else []
    said = [line for block in answer.blocks for line in _lines(answer, block)]
    return "\n".join(
        [*head, *verdict, *said, *_legend(answer), "", *_sources(answer.citations), *_otherwise(answer)]
    )


def tail_text(answer: Answer) -> str:
    """Return what belongs to an answer besides its sentences, for one that was written as it came."""
    notices = [notice.text for notice in answer.notices]
    if answer.refused:
        return "\n".join([answer.reason, *_nearest(answer.found), *notices])
    cut = [block.more for block in answer.blocks if block.more]
    return "\n".join([*cut, *_legend(answer), *notices, *_sources(answer.citations), *_otherwise(answer)])


def _lines(answer: Answer, block: AnswerBlock) -> Iterator[str]:
    sentences = [answer.sentences[place] for place in block.leads]
    if sentences:
        yield joined([f"{one.text} {_proofs(one)}" for one in sentences])
    listed = block.sentences[len(sentences) :]
    for mark, item, place in zip(markers(block), block.items, listed, strict=True):
        yield f"{'  ' * (item.depth + 1)}{mark}{item.text} {_proofs(answer.sentences[place])}"
    if block.more:
        yield f"  {block.more}"


def _legend(answer: Answer) -> list[str]:
    attributed = [_LEGEND] if any(one.attributed for one in answer.sentences) else []
    return [*attributed, *([_UNCERTAIN.format(answer.confidence)] if answer.confidence < CERTAIN else [])]


def _proofs(sentence: AnswerSentence) -> str:
    marks = "".join(f"[{number + 1}]" for number in sentence.citations)
    return marks + ATTRIBUTED * sentence.attributed


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    """Yield the sources; neighbouring quotes of one section stand below one head."""
    for _, group in groupby(enumerate(citations, start=1), key=lambda pair: _place(pair[1])):
        numbered = list(group)
        numbers = [number for number, _ in numbered]
        marks = f"[{numbers[0]}]" if len(numbers) == 1 else f"[{numbers[0]}]–[{numbers[-1]}]"
        yield f"{marks} {citation_head(numbered[0][1])}"
        yield from (f"    {_quote(citation, len(numbers) == 1)}" for _, citation in numbered)


def _nearest(found: Sequence[Citation]) -> Iterator[str]:
    """Yield the sections that came nearest, as they stand, what fits in bold as in Markdown."""
    yield from ["", "This comes nearest:"] if found else []
    for number, citation in enumerate(found, start=1):
        text = citation.quote
        for start, end in reversed(citation.marks):
            text = f"{text[:start]}**{text[start:end]}**{text[end:]}"
        yield f"\n[{number}] {citation_head(citation)}"
        yield from [f"    {citation.columns}"] if citation.columns else []
        yield from (f"    {line}" for line in text.split("\n") if line.strip())


def _place(citation: Citation) -> tuple[int, int, int | None, str]:
    return citation.document_id, citation.version, citation.page, citation.section


def citation_head(citation: Citation) -> str:
    """Return the document, place and section of a citation, on two lines."""
    page = f", page {citation.page}" if citation.page else ""
    about = "".join(f", {part}" for part in about_of(citation))
    section = f", “{citation.section}”" if citation.section else ""
    return f"{citation.title}{section}{page}, version {citation.version}{about}\n    {citation.uri}"


def _quote(citation: Citation, is_alone: bool) -> str:
    """Return the quote in quotation marks; a short one that stands alone with what is beside it."""
    quote = f"“{citation.quote}”"
    if not is_alone or len(citation.quote) > _SHORT_QUOTE:
        return quote
    before, after = " ".join(citation.before.split()), " ".join(citation.after.split())
    front = f"… {_beginning(before[::-1])[::-1]} " if before else ""
    return f"{front}{quote}{f' {_beginning(after)} …' if after else ''}"


def _beginning(text: str) -> str:
    """Return the first characters of a text, up to the end of a word where words have spaces between them."""
    if len(text) <= _BESIDE:
        return text
    whole, space, _ = text[: _BESIDE + 1].rpartition(" ")
    return whole if space else text[:_BESIDE]


def _otherwise(answer: Answer) -> Iterator[str]:
    """Yield the passages that disagree with a citation, and the documents that are superseded."""
    first = len(answer.citations) + 1
    for number, found in enumerate(answer.disagreements, start=first):
        yield f"\nAnother document disagrees with [{found.citation + 1}]:"
        yield f"[{number}] {citation_head(found.other)}\n    {_quote(found.other, True)}"
    for old in answer.superseded:
        about = ", ".join(about_of(old))
        yield f"\n“{old.title}” is superseded by “{old.by}”{f' ({about})' if about else ''}."


def about_of(said: Citation | Superseded) -> Iterator[str]:
    """Yield day and owner, each with a word if only the document itself says so."""
    for name, value in (("day", said.day), ("owner", said.owner)):
        if value:
            yield f"{value} (its own claim)" if name in said.claimed else value
