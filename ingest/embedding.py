"""The vectors of chunks: each embedder makes one of each chunk in its languages."""

from collections.abc import Mapping, Sequence

from core.store.database import Database
from core.store.documents.snapshot import known_vectors
from core.store.embedders import EmbedderEntry
from core.values.documents import Chunk
from llm.embedding.embedder import Embedder

WindowVectors = Mapping[str, Mapping[str, bytes]]
"""The vectors by model and by the indexed text of a chunk: `d` little-endian float32 of unit length."""

Embedders = Sequence[tuple[EmbedderEntry, Embedder]]


def kept_vectors(database: Database, embedders: Embedders, uris: Sequence[str]) -> WindowVectors:
    """Return the vectors of the documents' chunks that are in the database."""
    kept: dict[str, dict[str, bytes]] = {entry.model_id: {} for entry, _ in embedders}
    with database.reading() as session:
        for model_id, vectors in kept.items():
            for uri in uris:
                vectors.update(known_vectors(session, uri, model_id))
    return kept


def embedded(
    chunks: Sequence[Chunk], embedders: Embedders, known: WindowVectors
) -> tuple[WindowVectors, int]:
    """Return the vectors of the chunks, and how many texts were embedded; `known` ones are not again.

    A text that two embedders embed counts once. Raises: as `Embedder.embed`.
    """
    made: dict[str, dict[str, bytes]] = {}
    texts: set[str] = set()
    for entry, embedder in embedders:
        there = known[entry.model_id]
        wanted = {chunk.indexed_text: None for chunk in chunks if entry.embeds(chunk.language)}
        new = [text for text in wanted if text not in there]
        rows = (row.tobytes() for row in embedder.embed(new))
        vectors = {**there, **dict(zip(new, rows, strict=True))}
        made[entry.model_id] = {text: vectors[text] for text in wanted}
        texts.update(new)
    return made, len(texts)


def vectors_of(chunks: Sequence[Chunk], vectors: WindowVectors) -> dict[str, list[bytes | None]]:
    """Return the vector of each chunk by model; None if the model does not embed its language."""
    return {
        model_id: [of_model.get(chunk.indexed_text) for chunk in chunks]
        for model_id, of_model in vectors.items()
    }
