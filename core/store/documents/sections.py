"""The surroundings of a found chunk: its neighbours, its section, and their blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.values.answers import Passage
from core.values.documents import BlockKind
from core.values.structure import Structure

# A section with more characters is not taken along as a whole: about two printed pages.
_SECTION_CHARACTERS = 6000


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A found chunk with its neighbours."""

    version_id: int
    start: int
    """The offset of its first character in the version's stored text."""
    end: int
    """The offset behind its last character."""


def widened(
    passages: Sequence[Passage],
    near: Mapping[int, Neighbourhood],
    texts: Mapping[int, tuple[str, bytes | None]],
) -> list[Passage]:
    """Return the passages, each with its neighbours, its section and the blocks of both.

    `near` is by chunk id, and `texts` by version id: the text, and the blocks as they are kept. A passage
    without an entry stays as it is.
    """
    structures = {number: Structure(text, blocks) for number, (text, blocks) in texts.items() if blocks}
    return [
        _widened(one, around, texts[around.version_id][0], structures.get(around.version_id))
        if (around := near.get(one.chunk_id)) and around.version_id in texts
        else one
        for one in passages
    ]


def _widened(passage: Passage, near: Neighbourhood, text: str, structure: Structure | None) -> Passage:
    start, end = near.start, near.end
    if structure is None:
        return replace(passage, start=start, text=text[start:end])
    if passage.kind is not BlockKind.ROW:
        start, end = structure.section(start, end, _SECTION_CHARACTERS)
    return replace(
        passage,
        start=start,
        text=text[start:end],
        blocks=structure.between(start, end),
        near=(near.start, near.end),
    )
