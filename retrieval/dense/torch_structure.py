"""Exact dense search on a GPU, or another device of torch: all allowed rows are compared.

faiss-gpu is not an option: its indexes accept a selector and ignore it (facebookresearch/faiss issue 3114),
so that a scope could only be applied afterwards.
"""

from pathlib import Path

import numpy as np
import torch

from core.errors import IndexUnusableError
from llm.embedding.embedder import Vectors
from retrieval.dense.row_index import Found
from retrieval.dense.rows import Allowed, RowNumbers

_VECTORS = "vectors.npy"
# The greatest share of allowed rows that are gathered; if more are allowed, all rows are compared and masked.
_GATHERED = 1 / 8
# In half precision, so many times `limit` rows are found first and then compared in float32.
_READ_AGAIN = 4


class TorchRows:
    """Vectors on a device; float32 on a CPU, half precision elsewhere."""

    def __init__(self, dimension: int, device: str, folder: Path | None = None) -> None:
        self._dimension = dimension
        self._device = torch.device(device)
        self._dtype = torch.float32 if self._device.type == "cpu" else torch.float16
        self.count = 0
        self._rows = self._room(0)
        if folder is not None:
            self.replace(np.empty(0, np.int64), _read(folder / _VECTORS, dimension))

    def replace(self, emptied: RowNumbers, vectors: Vectors) -> None:
        """Empty the rows `emptied`, and append `vectors` as new rows."""
        self._rows[torch.from_numpy(emptied).to(self._device)] = 0
        start, self.count = self.count, self.count + len(vectors)
        if self.count > len(self._rows):
            larger = self._room(self.count + self.count // 2)
            larger[:start] = self._rows[:start]
            self._rows = larger
        self._rows[start : self.count] = torch.tensor(vectors, dtype=self._dtype)

    @torch.inference_mode()
    def nearest(self, query: Vectors, allowed: Allowed, limit: int) -> Found:
        """Return the nearest allowed rows."""
        asked = torch.tensor(query, device=self._device)
        if allowed.count <= self.count * _GATHERED:
            places = torch.from_numpy(allowed.numbers()).to(self._device)
        else:
            bits = torch.from_numpy(np.unpackbits(allowed.bits, count=self.count, bitorder="little"))
            scores = self._rows[: self.count] @ asked.to(self._dtype)
            scores.masked_fill_(bits.to(self._device) == 0, -torch.inf)
            places = torch.topk(scores, min(allowed.count, limit * _READ_AGAIN)).indices
        exact = self._rows[places].float() @ asked
        best = torch.topk(exact, min(limit, len(places)))
        return places[best.indices].cpu().numpy(), best.values.cpu().numpy()

    def vectors(self, rows: RowNumbers) -> Vectors:
        """Return the vectors in these rows, in the precision of the device."""
        found: Vectors = self._rows[torch.from_numpy(rows).to(self._device)].float().cpu().numpy()
        return found

    def is_worn(self) -> bool:
        """Return False: plain rows stay as good as new."""
        return False

    def save(self, folder: Path) -> None:
        """Write all vectors."""
        np.save(folder / _VECTORS, self._rows[: self.count].cpu().numpy(), allow_pickle=False)

    def close(self) -> None:
        """Release the memory."""
        self._rows, self.count = self._room(0), 0

    def _room(self, rows: int) -> torch.Tensor:
        return torch.empty((rows, self._dimension), dtype=self._dtype, device=self._device)


def _read(path: Path, dimension: int) -> Vectors:
    try:
        vectors: Vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexUnusableError(f"{path} cannot be read: {error}") from error
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise IndexUnusableError(f"{path} has vectors of {vectors.shape[1:]} values, not {dimension}")
    return vectors
