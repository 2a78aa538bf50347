"""Vectors that lean towards their document: a chunk is found more easily in a document that fits."""

from collections.abc import Sequence

import numpy as np

from llm.embedding.embedder import Vectors

# How far. On the train parts (docs/retrieval.md) 0.5 helps long documents and harms no short ones.
SMOOTHING = 0.5


def smoothed(vectors: Vectors, document_ids: Sequence[int]) -> Vectors:
    """Return each unit row plus `SMOOTHING` times the unit mean of its document's rows, `(n, d)` float32.

    An inner product with them is the chunk's likeness plus `SMOOTHING` times its document's. A document's
    rows must all be there.
    """
    _, places = np.unique(np.asarray(document_ids), return_inverse=True)
    means = np.zeros((int(places.max(initial=-1)) + 1, vectors.shape[1]), np.float32)
    np.add.at(means, places, vectors)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    means /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return np.asarray(vectors + SMOOTHING * means[places], np.float32)
