"""FAISS structures for indexes that are too large to scan: a graph, and lists of compressed vectors.

If few rows are allowed, both compare exactly these: a walk over a graph or lists would mostly meet rows that
are not allowed, and find little. The limits are by the measured cost of a row, see docs/retrieval.md.
"""

import mmap
import tempfile
import weakref
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from core.errors import IndexUnusableError
from llm.embedding.embedder import Vectors
from retrieval.dense.row_index import Found
from retrieval.dense.rows import Allowed, RowNumbers

_GRAPH, _LISTS, _CODES = "graph.faiss", "lists.faiss", "vectors.f16"
_INNER = faiss.METRIC_INNER_PRODUCT
_HALF = faiss.ScalarQuantizer.QT_fp16

# Neighbours of a row in the graph, twice as many on its lowest level, and candidates when a row is added.
_NEIGHBOURS, _BUILD_CANDIDATES = 32, 200
# Candidates in a walk over the graph; the fewer rows are allowed, the more, by `_PER_SHARE`. Half as many
# suffice for questions on the subjects of the documents, and lose a tenth of the nearest rows for others.
_LEAST_CANDIDATES, _PER_SHARE = 2048, 256
# One candidate of the graph takes as long as so many rows in sequence.
_ROWS_PER_CANDIDATE = 10

# With fewer rows, all are compared and there are no lists; they are made anew at so many times as many rows.
_LEAST_ROWS, _OUTGROWN = 10_000, 4
# Values of a vector for each byte of its compressed form: 48 bytes for 384 values.
_CODE_SHARE = 8
# The number of lists divided by the square root of the number of rows, and training rows for each list.
_LISTS_PER_ROOT, _TRAINING_ROWS_PER_LIST = 4, 64
# The share of the lists that is searched if all rows are allowed, more if fewer are; and the number of rows
# that are compared exactly afterwards, divided by `limit`.
_PROBED, _READ_AGAIN = 1 / 16, 10
# Rows decoded at once.
_AT_ONCE = 20_000
# If so few rows are allowed, they are compared exactly; they lie on the disk, mostly in the system's cache.
_EXACT_ROWS = 5_000


class Graph:
    """Vectors in half precision and a graph over them (Malkov and Yashunin, arXiv:1603.09320)."""

    def __init__(
        self, dimension: int, folder: Path | None = None, rows_per_candidate: int = _ROWS_PER_CANDIDATE
    ) -> None:
        self._index = _read(folder / _GRAPH, dimension) if folder else _empty_graph(dimension)
        self._flat = faiss.downcast_index(self._index.storage)
        self._rows_per_candidate = rows_per_candidate

    @property
    def count(self) -> int:
        """The number of rows."""
        return int(self._index.ntotal)

    def replace(self, emptied: RowNumbers, vectors: Vectors) -> None:
        """Empty the rows `emptied`, and append `vectors`. An emptied row keeps its links."""
        if len(emptied):
            _in_place(self._flat.codes).reshape(self.count, -1)[emptied] = 0
        if len(vectors):
            self._index.add(vectors)

    def nearest(self, query: Vectors, allowed: Allowed, limit: int) -> Found:
        """Return the nearest allowed rows: by comparing all if they are few, else by the graph."""
        selector = faiss.IDSelectorBitmap(allowed.bits)
        candidates = max(_LEAST_CANDIDATES, 2 * limit, _PER_SHARE * self.count // allowed.count)
        if allowed.count <= self._rows_per_candidate * candidates:
            found = self._flat.search(query[None], limit, params=faiss.SearchParameters(sel=selector))
        else:
            how = faiss.SearchParametersHNSW(sel=selector, efSearch=candidates)
            found = self._index.search(query[None], limit, params=how)
        return _found(*found)

    def vectors(self, rows: RowNumbers) -> Vectors:
        """Return the vectors in these rows, in half precision."""
        found: Vectors = self._flat.reconstruct_batch(rows)
        return found

    def is_worn(self) -> bool:
        """Return False: a graph stays good as it grows."""
        return False

    def save(self, folder: Path) -> None:
        """Write the graph and its vectors."""
        faiss.write_index(self._index, str(folder / _GRAPH))

    def close(self) -> None:
        """Release the memory."""
        self._index.reset()


class Lists:
    """Lists of compressed vectors in memory (Jégou and others, 2011), and the vectors themselves on the disk.

    The lists give candidates, which are compared by their vectors; the system caches these as far as it has
    memory. The lists are trained when there are `expected_rows`, or when the index is saved, so that they
    suit the vectors of that time.
    """

    def __init__(
        self,
        dimension: int,
        scratch: Path,
        folder: Path | None = None,
        expected_rows: int = 0,
        exact_rows: int = _EXACT_ROWS,
    ) -> None:
        self._expected_rows = expected_rows and max(expected_rows, _LEAST_ROWS)
        self._exact_rows = exact_rows
        self._vectors = _StoredVectors(dimension, scratch, folder)
        there = folder is not None and (folder / _LISTS).exists()
        self._index: Any = _read(folder / _LISTS, dimension) if folder and there else None

    @property
    def count(self) -> int:
        """The number of rows."""
        return self._vectors.count

    def replace(self, emptied: RowNumbers, vectors: Vectors) -> None:
        """Empty the rows `emptied`, and append `vectors` as new rows."""
        rows = np.arange(self.count, self.count + len(vectors))
        self._vectors.empty(emptied)
        self._vectors.add(vectors)
        if self._index is not None:
            self._index.remove_ids(faiss.IDSelectorBatch(emptied))
            self._index.add_with_ids(vectors, rows)
        elif self._expected_rows and self.count >= self._expected_rows:
            self._index = self._made()

    def nearest(self, query: Vectors, allowed: Allowed, limit: int) -> Found:
        """Return the nearest allowed rows, by their exact products with the query."""
        if self._index is None or allowed.count <= max(self._exact_rows, limit):
            return self._best(query, allowed.numbers(), limit)
        probed = self._index.nlist * _PROBED * self.count / allowed.count
        how = faiss.SearchParametersIVF(
            sel=faiss.IDSelectorBitmap(allowed.bits), nprobe=min(self._index.nlist, round(probed) + 1)
        )
        _, rows = self._index.search(query[None], limit * _READ_AGAIN, params=how)
        return self._best(query, rows[0][rows[0] >= 0], limit)

    def vectors(self, rows: RowNumbers) -> Vectors:
        """Return the vectors in these rows, in half precision, from the disk."""
        parts = list(self._vectors.read(rows))
        return np.concatenate(parts) if parts else np.empty((0, self._vectors.dimension), np.float32)

    def is_worn(self) -> bool:
        """Return whether the lists have become so long that more lists would be faster."""
        return self._index is not None and self.count > _OUTGROWN * (self._index.nlist / _LISTS_PER_ROOT) ** 2

    def save(self, folder: Path) -> None:
        """Write the lists and the vectors."""
        if self._index is None and self.count >= _LEAST_ROWS:
            self._index = self._made()
        if self._index is not None:
            faiss.write_index(self._index, str(folder / _LISTS))
        self._vectors.save(folder)

    def close(self) -> None:
        """Release memory and files."""
        self._index = None
        self._vectors.close()

    def _best(self, query: Vectors, rows: RowNumbers, limit: int) -> Found:
        scores = np.concatenate(
            [np.empty(0, np.float32), *(vectors @ query for vectors in self._vectors.read(rows))]
        )
        best = np.argsort(-scores, kind="stable")[:limit]
        return rows[best], scores[best]

    def _made(self) -> Any:
        """Return lists that are trained on the present rows and hold all of them."""
        lists = max(1, round(_LISTS_PER_ROOT * np.sqrt(self.count)))
        dimension = self._vectors.dimension
        parts = next(n for n in range(max(1, dimension // _CODE_SHARE), 0, -1) if dimension % n == 0)
        index = faiss.IndexIVFPQ(faiss.IndexFlatIP(dimension), dimension, lists, parts, 8, _INNER)
        size = min(self.count, lists * _TRAINING_ROWS_PER_LIST)
        sample = np.sort(np.random.default_rng(0).choice(self.count, size, replace=False))
        index.train(np.concatenate(list(self._vectors.read(sample))))
        rows = np.arange(self.count)
        for first, vectors in enumerate(self._vectors.read(rows)):
            index.add_with_ids(vectors, rows[first * _AT_ONCE :][: len(vectors)])
        return index


class _StoredVectors:
    """Vectors in half precision in a temporary file, mapped into memory; saved files never change."""

    def __init__(self, dimension: int, scratch: Path, folder: Path | None) -> None:
        self.dimension = dimension
        self._codec = faiss.IndexScalarQuantizer(dimension, _HALF, _INNER)
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115
        self.close = weakref.finalize(self, self._file.close)
        self.count = 0
        self._mapped: NDArray[np.uint8] | None = None
        if folder is not None:
            self._load(folder / _CODES)

    def add(self, vectors: Vectors) -> None:
        """Append rows."""
        if not len(vectors):
            return
        self._file.seek(0, 2)
        self._file.write(self._codec.sa_encode(vectors).tobytes())
        self.count += len(vectors)
        self._mapped = None

    def empty(self, rows: RowNumbers) -> None:
        """Overwrite rows with zeros."""
        width = 2 * self.dimension
        for row in rows.tolist():
            self._file.seek(row * width)
            self._file.write(bytes(width))

    def read(self, rows: RowNumbers) -> Any:
        """Yield these rows as float32, in parts of at most `_AT_ONCE`."""
        for first in range(0, len(rows), _AT_ONCE):
            yield self._codec.sa_decode(self._codes()[rows[first : first + _AT_ONCE]])

    def save(self, folder: Path) -> None:
        """Write all rows."""
        with (folder / _CODES).open("wb") as file:
            if self.count:
                file.write(self._codes().data)

    def _codes(self) -> NDArray[np.uint8]:
        self._file.flush()
        if self._mapped is None:
            mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            self._mapped = np.frombuffer(mapped, np.uint8).reshape(self.count, -1)
        return self._mapped

    def _load(self, path: Path) -> None:
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                while part := file.read(1 << 24):
                    self._file.write(part)
        except OSError as error:
            raise IndexUnusableError(f"{path} cannot be read: {error}") from error
        self.count, left = divmod(size, 2 * self.dimension)
        if left:
            raise IndexUnusableError(f"{path} does not hold vectors of {self.dimension} values")


def _empty_graph(dimension: int) -> Any:
    index = faiss.IndexHNSWSQ(dimension, _HALF, _NEIGHBOURS, _INNER)
    index.hnsw.efConstruction = _BUILD_CANDIDATES
    index.is_trained = True  # half precision needs no training
    return index


def _in_place(vector: Any) -> NDArray[Any]:
    """Return the memory of one of FAISS's own vectors as an array, not a copy."""
    values: NDArray[Any] = faiss.rev_swig_ptr(vector.data(), vector.size())
    return values


def _read(path: Path, dimension: int) -> Any:
    try:
        index = faiss.read_index(str(path))
    except RuntimeError as error:
        raise IndexUnusableError(f"{path} cannot be read: {error}") from error
    if index.d != dimension:
        raise IndexUnusableError(f"{path} has vectors of {index.d} values, not {dimension}")
    return index


def _found(scores: NDArray[np.float32], rows: RowNumbers) -> Found:
    there = rows[0] >= 0
    return rows[0][there], scores[0][there]
