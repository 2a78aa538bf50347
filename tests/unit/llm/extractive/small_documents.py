"""Passages with the blocks of small documents."""

from dataclasses import replace

from fakes.passages import passage

from core.values.answers import Passage
from core.values.documents import Block, BlockKind
from core.values.structure import Structure, packed_blocks

Line = tuple[BlockKind, int, str]


def heading(level: int, text: str) -> Line:
    return BlockKind.HEADING, level, text


def says(text: str) -> Line:
    return BlockKind.PARAGRAPH, 0, text


def item(text: str, depth: int = 0) -> Line:
    return BlockKind.LIST_ITEM, depth, text


def structured(*lines: Line, document_id: int = 1, title: str = "") -> Passage:
    """Return a whole document as a passage that knows its blocks."""
    text = "\n\n".join(text for *_, text in lines)
    at, blocks = 0, []
    for kind, level, line in lines:
        blocks.append(Block(kind=kind, start=at, end=at + len(line), level=level))
        at += len(line) + 2
    placed = Structure(text, packed_blocks(blocks)).between(0, len(text))
    whole = replace(passage(text, document_id=document_id), blocks=placed)
    return replace(whole, title=title) if title else whole
