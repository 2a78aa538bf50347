"""The rows of an index in memory: the chunk, the readers and the labels of each row."""

import json
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import IndexUnusableError
from core.values.search import IndexEntry, LabelFilter
from retrieval.index import ChunkIds

RowNumbers = NDArray[np.int64]
Bits = NDArray[np.uint8]
Class = tuple[frozenset[str], frozenset[str]]

_ROWS, _CLASSES = "rows.npy", "classes.json"
# The class of empty rows, which no search finds.
_GONE = 0
# Scopes and filters whose rows are kept until the next change; each takes an eighth of a byte for a row.
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Allowed:
    """The rows that a search may find."""

    bits: Bits
    """One bit for each row, the lowest bit first."""
    count: int
    """The number of set bits."""

    def numbers(self) -> RowNumbers:
        """Return the rows, ascending."""
        return np.flatnonzero(np.unpackbits(self.bits, bitorder="little"))


class Rows:
    """Rows in the order of their arrival. A row never moves; after its chunk is removed, it stays empty.

    Rows with the same readers and labels are of one class. There are few classes, so that a scope becomes a
    set of rows by one test for each class, for any number of rows.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.count = 0
        self._table = np.empty((3, 1024), np.int64)  # chunk id, document id and class of each row
        self._classes: dict[Class, int] = {}
        self._of_document: dict[int, RowNumbers] = {}
        self._allowed: OrderedDict[tuple[frozenset[str], LabelFilter], Allowed] = OrderedDict()
        if folder is not None:
            self._load(folder)

    @property
    def live(self) -> int:
        """The number of rows with a chunk."""
        return sum(len(rows) for rows in self._of_document.values())

    def replace(
        self, document_ids: Collection[int], entries: Sequence[IndexEntry]
    ) -> tuple[RowNumbers, list[IndexEntry]]:
        """Replace the entries of these documents; return the emptied rows, and the entries with a new row.

        A document with the same chunk ids as before keeps its rows: the vector of a chunk never changes
        while its document has the same chunks.
        """
        self._allowed.clear()
        wanted: dict[int, list[IndexEntry]] = {document_id: [] for document_id in document_ids}
        for entry in entries:
            wanted.setdefault(entry.document_id, []).append(entry)
        emptied, added = [np.empty(0, np.int64)], []
        for document_id, of_document in wanted.items():
            if not self._is_same(document_id, of_document):
                emptied.append(self._forget(document_id))
                self._append(document_id, of_document)
                added += of_document
            if of_document:
                self._classes_of(self._of_document[document_id])[:] = [self._class(e) for e in of_document]
        return np.concatenate(emptied), added

    def allowed(self, principals: frozenset[str], labels: LabelFilter) -> Allowed:
        """Return the rows that `principals` may read and `labels` select."""
        key = principals, labels
        if key not in self._allowed:
            of_class = np.zeros(len(self._classes) + 1, bool)
            for (readers, held), number in self._classes.items():
                of_class[number] = bool(readers & principals) and all(held & wanted for wanted in labels)
            rows = of_class[self._table[2, : self.count]]
            self._allowed[key] = Allowed(np.packbits(rows, bitorder="little"), int(rows.sum()))
            if len(self._allowed) > _KEPT:
                self._allowed.popitem(last=False)
        return self._allowed[key]

    def chunk_ids(self, rows: RowNumbers) -> ChunkIds:
        """Return the chunks in these rows."""
        found: ChunkIds = self._table[0, rows]
        return found

    def numbers(self, ids: ChunkIds) -> RowNumbers:
        """Return the rows of these chunks, all of which must have one."""
        there = np.flatnonzero(self._table[2, : self.count] != _GONE)
        order = np.argsort(self._table[0, there])
        found: RowNumbers = there[order[np.searchsorted(self._table[0, there], ids, sorter=order)]]
        return found

    def ids(self) -> ChunkIds:
        """Return the ids of all chunks held, ascending."""
        return np.sort(self._table[0, : self.count][self._table[2, : self.count] != _GONE])

    def save(self, folder: Path) -> None:
        """Write everything into a folder."""
        np.save(folder / _ROWS, self._table[:, : self.count], allow_pickle=False)
        classes = [[sorted(readers), sorted(labels)] for readers, labels in self._classes]
        (folder / _CLASSES).write_text(json.dumps(classes), "utf-8")

    def _is_same(self, document_id: int, entries: Sequence[IndexEntry]) -> bool:
        rows = self._of_document.get(document_id)
        held = [] if rows is None else self._table[0, rows].tolist()
        return held == [entry.chunk_id for entry in entries]

    def _forget(self, document_id: int) -> RowNumbers:
        rows = self._of_document.pop(document_id, np.empty(0, np.int64))
        self._table[2, rows] = _GONE
        return rows

    def _append(self, document_id: int, entries: Sequence[IndexEntry]) -> None:
        if not entries:
            return
        start, self.count = self.count, self.count + len(entries)
        if self.count > self._table.shape[1]:
            larger = np.empty((3, 2 * self.count), np.int64)
            larger[:, :start] = self._table[:, :start]
            self._table = larger
        self._table[0, start : self.count] = [entry.chunk_id for entry in entries]
        self._table[1, start : self.count] = document_id
        self._of_document[document_id] = np.arange(start, self.count)

    def _classes_of(self, rows: RowNumbers) -> NDArray[np.int64]:
        """Return a writable view of the classes of one document's rows, which are consecutive."""
        classes: NDArray[np.int64] = self._table[2, rows[0] : rows[-1] + 1]
        return classes

    def _class(self, entry: IndexEntry) -> int:
        return self._classes.setdefault((entry.principals, entry.labels), len(self._classes) + 1)

    def _load(self, folder: Path) -> None:
        try:
            self._table = np.load(folder / _ROWS, allow_pickle=False)
            classes = json.loads((folder / _CLASSES).read_text("utf-8"))
            for number, (readers, labels) in enumerate(classes, start=1):
                self._classes[frozenset(readers), frozenset(labels)] = number
            _, documents, of_class = self._table
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise IndexUnusableError(f"{folder} cannot be read: {error}") from error
        self.count = self._table.shape[1]
        there = np.flatnonzero(of_class != _GONE)
        starts = np.flatnonzero(np.diff(documents[there], prepend=-1))
        for rows in np.split(there, starts[1:]):
            if len(rows):
                self._of_document[int(documents[rows[0]])] = rows
