"""The overview of a document that was asked for by name: head, sections and key rows, as they stand."""

from collections.abc import Iterator, Sequence

from core.values.answers import DraftSentence, Passage, under_heading
from core.values.forms import BlockForm, Shape
from llm.extractive.candidates import candidates

# A document that was asked for by name is shown, whatever its sentences say: there is nothing to estimate.
_ASKED_BY_NAME = 1.0


def overview(passages: Sequence[Passage]) -> Iterator[DraftSentence]:
    """Yield the first sentence of each section of these passages, and each of their rows, in order.

    A section's heading stands in front of its first sentence.
    """
    shown, said = set[tuple[str, ...]](), 0
    for one in candidates(passages):
        if not one.passage.chunk_start <= one.start < one.passage.chunk_end:
            continue  # it belongs to a neighbour, which is shown itself or left out
        above = one.passage.headings_at(one.start)
        section = one.path or above
        if one.is_row or section not in shown:
            heading = above[-1] if above and section not in shown else ""
            text = under_heading(heading, one.readable) if heading else one.readable
            form = BlockForm.ROW if one.is_row else BlockForm.PARAGRAPH
            cited = ((one.passage_number, one.start, one.end),)
            yield DraftSentence(text, cited, _ASKED_BY_NAME, Shape(block=said, form=form))
            said += 1
        shown.add(section)
