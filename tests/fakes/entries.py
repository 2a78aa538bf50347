"""Index entries made from a few words."""

from fakes.embedder import embedding

from core.values.documents import BlockKind
from core.values.search import IndexEntry

DIMENSION = 16


def entry(
    chunk_id: int,
    text: str,
    *principals: str,
    document_id: int | None = None,
    context: str = "",
    kind: BlockKind = BlockKind.PARAGRAPH,
    dimension: int = DIMENSION,
    labels: frozenset[str] = frozenset(),
) -> IndexEntry:
    """Return an entry that `principals` may read; without a document's id it is a document of its own."""
    vector = embedding(f"{context} {text}", dimension).astype("<f4").tobytes()
    readers = frozenset(principals)
    return IndexEntry(
        chunk_id=chunk_id,
        document_id=document_id or chunk_id,
        kind=kind,
        context=context,
        text=text,
        vector=vector,
        principals=readers,
        labels=labels,
    )
