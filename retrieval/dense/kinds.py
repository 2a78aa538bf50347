"""The kinds of dense indexes: the right one for a number of chunks, and that of a saved index.

A kind is recognized by a file that only it writes, so that a saved index can be opened under any settings;
the follower then builds an index of the chosen kind beside it, and replaces the saved one.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import IndexUnusableError
from core.settings import RetrievalSettings
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from llm.embedding.embedder import Vectors
from retrieval.dense.faiss_index import FaissIndex
from retrieval.dense.faiss_structures import Graph, Lists
from retrieval.dense.milvus_index import MilvusIndex
from retrieval.dense.milvus_server import make_breaker
from retrieval.dense.row_index import RowIndex
from retrieval.index import ChunkIds, DenseIndex

# Up to so many chunks are scanned: it takes 4 ms on one core and needs no structure (docs/retrieval.md).
_EXACT_CHUNKS = 50_000
# A kind is replaced by a smaller one only at this share of its limit, so that kinds do not alternate.
_SHRUNK = 0.5
# The memory of a chunk beside its values: the links of the graph; document, class and id of its row.
_LINK_BYTES, _ROW_BYTES = 272, 32


class KindIndex:
    """A dense index that knows its kind, and when another kind should replace it."""

    def __init__(self, kind: str, index: DenseIndex, kinds: "DenseKinds") -> None:
        self.kind = kind
        self._index = index
        self._kinds = kinds

    def successor(self) -> "KindIndex | None":
        """Return an empty index that should replace this one; None if it should stay."""
        worn = isinstance(self._index, RowIndex) and self._index.is_worn()
        if self.kind == self._kinds.demanded and not worn:
            return None  # without counting, which takes a while on a server
        chunks = len(self.ids())
        wanted = self._kinds.suits(chunks, self.kind)
        return self._kinds.made(wanted, chunks) if wanted != self.kind or worn else None

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        """Replace all entries of these documents by `entries`. Idempotent."""
        self._index.replace(document_ids, entries)

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        """Return the nearest chunks that `scope` may see and `labels` select, best first."""
        return self._index.search(query, scope, limit, labels)

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        return self._index.ids()

    def allowed(self, scope: AccessScope) -> ChunkIds:
        """Return the ids of all chunks that `scope` may see, ascending."""
        return self._index.allowed(scope)

    def vectors(self, ids: ChunkIds) -> Vectors:
        """Return the stored vectors of these chunks, `(n, d)` float32."""
        return self._index.vectors(ids)

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        self._index.save(folder)

    def close(self) -> None:
        """Release memory and files."""
        self._index.close()


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of dense index."""

    file: str
    """The file by which a saved one is recognized."""
    chunk_bytes: int
    """The memory of a chunk."""
    make: Callable[[Path | None, int], DenseIndex]
    """Opens the index in a folder, or makes an empty one for so many chunks."""


class DenseKinds:
    """Opens dense indexes, and chooses their kind by the settings and the number of chunks.

    `scratch` is a folder for files that end with the process, `device` is the device of torch, `expected`
    returns how many chunks a new index will hold, and `name` distinguishes indexes on one server.
    """

    def __init__(
        self,
        dimension: int,
        scratch: Path,
        settings: RetrievalSettings,
        device: str,
        expected: Callable[[], int] = lambda: 0,
        name: str = "dense",
    ) -> None:
        self._settings = settings
        self.demanded = settings.dense_index
        self._expected = expected
        self._on_gpu = device.startswith("cuda")
        breaker = make_breaker()
        self._kinds = {
            "exact": _Kind(
                "vectors.faiss", 4 * dimension + _ROW_BYTES, lambda folder, _: FaissIndex(dimension, folder)
            ),
            "hnsw": _Kind(
                "graph.faiss",
                2 * dimension + _LINK_BYTES + _ROW_BYTES,
                lambda folder, _: RowIndex(dimension, Graph(dimension, folder), folder),
            ),
            "ivfpq": _Kind(
                "vectors.f16",
                dimension // 8 + 2 * _ROW_BYTES,
                lambda folder, rows: RowIndex(dimension, Lists(dimension, scratch, folder, rows), folder),
            ),
            "torch": _Kind(
                "vectors.npy",
                (2 if self._on_gpu else 4) * dimension + _ROW_BYTES,
                lambda folder, _: _torch_index(dimension, device, folder),
            ),
            "milvus": _Kind(
                "milvus.json",
                0,
                lambda folder, _: MilvusIndex(dimension, settings.milvus, name, folder, breaker),
            ),
        }

    def open(self, folder: Path | None) -> KindIndex:
        """Open the index in a folder, or make an empty one if it is None. Raises: IndexUnusableError."""
        if folder is None:
            chunks = self._expected()
            return self.made(self.suits(chunks, ""), chunks)
        for name, kind in self._kinds.items():
            if (folder / kind.file).exists():
                return KindIndex(name, kind.make(folder, 0), self)
        raise IndexUnusableError(f"{folder} does not hold a dense index")

    def made(self, kind: str, chunks: int) -> KindIndex:
        """Make an empty index of a kind for so many chunks."""
        return KindIndex(kind, self._kinds[kind].make(None, chunks), self)

    def suits(self, chunks: int, now: str) -> str:
        """Return the right kind for so many chunks; `now` is the present kind, empty if there is none."""
        if self.demanded != "auto":
            return self.demanded
        if self._on_gpu and self._fits("torch", chunks, now):
            return "torch"
        few = _EXACT_CHUNKS * (1.0 if now in {"", "exact"} else _SHRUNK)
        if chunks <= few and self._fits("exact", chunks, now):
            return "exact"
        return "hnsw" if self._fits("hnsw", chunks, now) else "ivfpq"

    def _fits(self, kind: str, chunks: int, now: str) -> bool:
        budget = self._settings.dense_memory_bytes * (_SHRUNK if now == "ivfpq" != kind else 1.0)
        return chunks * self._kinds[kind].chunk_bytes <= budget


def _torch_index(dimension: int, device: str, folder: Path | None) -> DenseIndex:
    from retrieval.dense.torch_structure import TorchRows  # torch takes more than a second to load

    return RowIndex(dimension, TorchRows(dimension, device, folder), folder)
