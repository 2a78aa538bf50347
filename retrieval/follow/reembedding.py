"""Re-embedding: chunks get a vector of another model, beside those of the models in force.

Each batch is committed to the database, so that an interrupted run continues where it stopped.
"""

from collections.abc import Callable

from core.events import ignore
from core.store.database import Database
from core.store.embedders import add_vectors, count_unembedded, unembedded
from retrieval.follow.serving import Model

# Chunks that are embedded and committed together: some seconds of work on two cores.
_CHUNKS_AT_ONCE = 128

OnEmbedded = Callable[[int, int], None]
"""Called with the number of chunks just embedded, and the number of all chunks to embed."""


def embed_missing(database: Database, model: Model, followed: bool, on_progress: OnEmbedded = ignore) -> int:
    """Embed all chunks that lack a vector which this model should make; return how many were embedded.

    With `followed`, the change log has them, so that the indexes of this model add them.

    Raises: ModelError if the model cannot be loaded or gives values that are not finite; StorageError.
    """
    with database.reading() as session:
        total = count_unembedded(session, model.entry)
    done = 0
    while total:
        with database.reading() as session:
            chunks = unembedded(session, model.entry, _CHUNKS_AT_ONCE)
        if not chunks:
            break
        rows = model.embedder.embed([chunk.text for chunk in chunks])
        vectors = {chunk.chunk_id: row.tobytes() for chunk, row in zip(chunks, rows, strict=True)}
        with database.writing() as session:
            add_vectors(session, model.entry.model_id, vectors, followed)
        done += len(chunks)
        on_progress(len(chunks), max(total, done))
    return done
