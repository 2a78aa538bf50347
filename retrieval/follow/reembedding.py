"""Giving every chunk a vector of a model, beside those of the model in force.

What is done is in the database, batch by batch: killed half way, it goes on where it was.
"""

from collections.abc import Callable

from core.events import ignore
from core.store.database import Database
from core.store.embedders import add_vectors, count_unembedded, unembedded
from llm.embedding.embedder import Embedder

# Chunks embedded together, then committed: some seconds of work on two cores.
_CHUNKS_AT_ONCE = 128

OnEmbedded = Callable[[int, int], None]
"""Called with how many chunks were just embedded, and how many there were to embed."""


def embed_missing(
    database: Database, embedder: Embedder, followed: bool, on_progress: OnEmbedded = ignore
) -> int:
    """Embed every chunk that has no vector of this model; return how many were embedded.

    With `followed`, indexes of this model hear of it.

    Raises: ModelError if the model cannot be loaded or gives what is no number; StorageError.
    """
    with database.reading() as session:
        total = count_unembedded(session, embedder.model_id)
    done = 0
    while total:
        with database.reading() as session:
            chunks = unembedded(session, embedder.model_id, _CHUNKS_AT_ONCE)
        if not chunks:
            break
        rows = embedder.embed([chunk.text for chunk in chunks])
        vectors = {chunk.chunk_id: row.tobytes() for chunk, row in zip(chunks, rows, strict=True)}
        with database.writing() as session:
            add_vectors(session, embedder.model_id, vectors, followed)
        done += len(chunks)
        on_progress(len(chunks), max(total, done))
    return done
