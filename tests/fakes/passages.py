"""Passages without a database behind them."""

from core.values.answers import Passage


def passage(
    text: str,
    document_id: int = 1,
    start: int = 0,
    context: str = "",
    pages: tuple[tuple[int, int], ...] = (),
) -> Passage:
    """Return a passage that is one chunk, standing at `start` in its version's text."""
    return Passage(
        chunk_id=document_id * 1000 + start,
        document_id=document_id,
        uri=f"fake:shelf/{document_id}",
        title=f"Document {document_id}",
        version=1,
        context=context,
        text=text,
        start=start,
        chunk_start=start,
        chunk_end=start + len(text),
        score=1.0,
        pages=pages,
    )
