"""Chunks of a parsed document, cut by structure, and by sentence only if a block is too long."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.text.identifiers import identifiers
from core.text.language import sentences
from core.values.documents import Block, BlockKind, Chunk, ParsedDocument
from llm.embedding.tokens import TextTokenizer

CHUNKER_VERSION = 2
# A section shorter than this share of the target is joined with the next one: a heading alone answers little.
_LEAST_SHARE = 0.25
# The share of the model's limit that the title, the headings and the table header may take from the text.
_CONTEXT_SHARE = 0.3
_HEADING_SEPARATOR = " > "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """A block, or a part of one that was too long."""

    kind: BlockKind
    # Offsets in the document's text.
    start: int
    end: int
    tokens: int
    """The number of tokens in its text."""
    context: str
    """The title, the headings and the table header above it."""
    page: int | None
    """Its page's number, 1-based."""
    room: int
    """The number of tokens that the context leaves for the text of a chunk."""
    names: frozenset[str] = frozenset()
    """The identifiers in its text, if it is a heading."""

    @property
    def alone(self) -> bool:
        """Whether it is a chunk of its own."""
        return self.kind is BlockKind.ROW


def chunk(document: ParsedDocument, tokenizer: TextTokenizer, target_tokens: int) -> list[Chunk]:
    """Cut a document into chunks of about `target_tokens`, none over the tokenizer's limit.

    A heading, a page's end and a table row end a chunk; a row is a chunk of its own. Short sections are
    joined, unless their headings name different things (`PPR-1044`, `PPR-1777`). No chunk's text overlaps
    another's, and `document.text[chunk.start:chunk.end]` is its text.
    """
    limit = tokenizer.max_tokens - tokenizer.added_tokens
    contexts, taken = _fit(tokenizer, _contexts(document), int(limit * _CONTEXT_SHARE))
    room = [min(target_tokens, limit - tokens - 1) for tokens in taken]
    units = _units(document, tokenizer, contexts, room)
    return [
        _chunk(document, ordinal, group)
        for ordinal, group in enumerate(_groups(units, target_tokens * _LEAST_SHARE))
    ]


def _contexts(document: ParsedDocument) -> list[str]:
    """Return for each block the title, the headings above it and its table's header."""
    contexts: list[str] = []
    path: list[Block] = []
    for block in document.blocks:
        if block.kind is BlockKind.HEADING:
            path = [heading for heading in path if heading.level < block.level]
        names = [document.title, *(document.text[heading.start : heading.end] for heading in path)]
        line = _HEADING_SEPARATOR.join(dict.fromkeys(name for name in names if name))
        contexts.append(f"{line}\n{block.header}" if block.header else line)
        if block.kind is BlockKind.HEADING:
            path.append(block)
    return contexts


def _fit(tokenizer: TextTokenizer, contexts: list[str], limit: int) -> tuple[list[str], list[int]]:
    """Return each context, cut to `limit` tokens, and how many it has."""
    distinct = list(dict.fromkeys(contexts))
    cut: dict[str, tuple[str, int]] = {}
    for context, tokens in zip(distinct, tokenizer.count(distinct), strict=True):
        cut[context] = context, tokens
        if tokens > limit:
            [offsets] = tokenizer.offsets([context])
            shorter = context[: offsets[limit][0]].rstrip()
            cut[context] = shorter, tokenizer.count([shorter])[0]
    return [cut[context][0] for context in contexts], [cut[context][1] for context in contexts]


def _units(
    document: ParsedDocument, tokenizer: TextTokenizer, contexts: Sequence[str], room: Sequence[int]
) -> Iterator[_Unit]:
    texts = [document.text[block.start : block.end] for block in document.blocks]
    pages = _PageFinder(document)
    headers = {block.header for block in document.blocks}
    for block, text, count, context, budget in zip(
        document.blocks, texts, tokenizer.count(texts), contexts, room, strict=True
    ):
        if block.kind is BlockKind.ROW and not block.header and text in headers:
            continue  # the header of a table: each of its rows carries it
        whole = [(0, len(text), count)]
        parts = whole if count <= budget else _pieces(text, tokenizer.offsets([text])[0], budget)
        for start, end, tokens in parts:
            yield _Unit(
                kind=block.kind,
                start=block.start + start,
                end=block.start + end,
                tokens=tokens,
                context=context,
                page=pages.at(block.start + start),
                room=budget,
                names=frozenset(identifiers(text) if block.kind is BlockKind.HEADING else ()),
            )


def _pieces(text: str, offsets: list[tuple[int, int]], budget: int) -> Iterator[tuple[int, int, int]]:
    """Yield the `(start, end, tokens)` of the parts of a block over the budget, each within it.

    It is split at sentences, and a sentence over the budget at tokens.
    """
    starts = [start for start, _ in offsets]
    begin, end, held = 0, 0, 0
    for start, stop in sentences(text):
        first, behind = bisect_left(starts, start), bisect_left(starts, stop)
        if held and held + behind - first > budget:
            yield begin, end, held
            held = 0
        begin = begin if held else start
        while behind - first > budget:
            cut = first + budget
            yield begin, offsets[cut - 1][1], budget
            begin, first = starts[cut], cut
        end, held = stop, held + behind - first
    if held:
        yield begin, end, held


def _groups(units: Iterator[_Unit], least: float) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    tokens = 0
    for unit in units:
        if group and (_parts(group, tokens, unit, least) or _names_another(group, unit)):
            if not _only_headings(group):  # the next unit has the headings in its context
                yield group
            group, tokens = [], 0
        group.append(unit)
        tokens += unit.tokens
    if group:
        yield group


def _only_headings(group: list[_Unit]) -> bool:
    return all(unit.kind is BlockKind.HEADING for unit in group)


def _parts(group: list[_Unit], tokens: int, unit: _Unit, least: float) -> bool:
    """Return whether `unit` begins a new chunk."""
    if unit.alone or group[-1].alone or unit.page != group[-1].page:
        return True
    if unit.kind is BlockKind.HEADING and tokens >= least:
        return True
    return tokens + unit.tokens > group[0].room


def _names_another(group: list[_Unit], unit: _Unit) -> bool:
    """Return whether a heading names another thing than one of the chunk: `Mixer M30` behind `Mixer M10`."""
    earlier = frozenset[str]().union(*(one.names for one in group))
    return bool(unit.names and earlier) and unit.names.isdisjoint(earlier)


def _chunk(document: ParsedDocument, ordinal: int, group: list[_Unit]) -> Chunk:
    first, last = group[0], group[-1]
    return Chunk(
        ordinal=ordinal,
        kind=next((unit.kind for unit in group if unit.kind is not BlockKind.HEADING), first.kind),
        start=first.start,
        end=last.end,
        text=document.text[first.start : last.end],
        context=first.context,
        page=first.page,
    )


class _PageFinder:
    """Finds the pages of ascending offsets."""

    def __init__(self, document: ParsedDocument) -> None:
        self._pages = document.pages
        self._position = 0

    def at(self, offset: int) -> int | None:
        while self._position + 1 < len(self._pages) and self._pages[self._position].end <= offset:
            self._position += 1
        return self._pages[self._position].number if self._pages else None
