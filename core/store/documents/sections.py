"""The surroundings of a found chunk: its neighbours, its section, and their blocks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.documents.scoping import readable, version_granted
from core.store.tables import DocumentTable, VersionTable
from core.values.answers import Passage
from core.values.documents import BlockKind
from core.values.search import AccessScope
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
    session: Session,
    passages: Sequence[Passage],
    near: Mapping[int, Neighbourhood],
    scope: AccessScope,
) -> list[Passage]:
    """Return the passages, each with its neighbours, its section and the blocks of both.

    `near` is by chunk id; a passage without an entry stays as it is.
    """
    texts = _texts(session, {one.version_id for one in near.values()}, scope)
    structures = {number: Structure(text, blocks) for number, (text, blocks) in texts.items() if blocks}
    return [
        _widened(one, around, texts[around.version_id][0], structures.get(around.version_id))
        if (around := near.get(one.chunk_id)) and around.version_id in texts
        else one
        for one in passages
    ]


def _texts(
    session: Session, version_ids: Iterable[int], scope: AccessScope
) -> dict[int, tuple[str, bytes | None]]:
    rows = session.execute(
        select(VersionTable.id, VersionTable.text, VersionTable.blocks)
        .join(DocumentTable, DocumentTable.id == VersionTable.document_id)
        .where(VersionTable.id.in_(list(version_ids)), readable(scope), version_granted(scope))
    )
    return {number: (text, blocks) for number, text, blocks in rows}


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
