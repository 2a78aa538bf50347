"""`vade check --deep` for the indexes: each vector, word and reader equals the database's."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from admin.checks.finding import Finding, listed
from core.store.changes import live_entries
from core.store.database import Database
from core.values.search import AccessScope, IndexEntry
from llm.embedding.embedder import Vectors
from retrieval.dense.document_smoothing import smoothed
from retrieval.follow.follower import Follower
from retrieval.index import DenseIndex, Index, LexicalIndex

_REPAIR = "run vade check --repair"
_DOCUMENTS_AT_ONCE = 250
# How far a value in an index may be from the database's: some kinds keep half precision.
_EXACT = 2e-3

Readers = dict[str, set[int]]
"""For each principal the chunks that it may see."""


def deep_dense(database: Database, name: str, follower: Follower[DenseIndex]) -> Iterator[Finding]:
    """Yield findings about the vectors, the readers and the files of a dense index."""
    readers: Readers = {}
    wrong: list[int] = []
    with follower.index() as index:
        held = set(index.ids().tolist())
        for entries in _entries(database, follower):
            _note(readers, entries)
            there = [entry for entry in entries if entry.chunk_id in held]
            wrong += _other_vectors(index, entries, there)
        yield from _readers(name, index, readers)
    if wrong:
        detail = f"{len(wrong)} chunks: {listed(wrong)}"
        yield Finding(f"vectors in the {name} index are not the database's", detail, _REPAIR)
    yield from _files(name, follower)


def deep_lexical(database: Database, follower: Follower[LexicalIndex]) -> Iterator[Finding]:
    """Yield findings about the words, the readers and the files of the lexical index."""
    readers: Readers = {}
    lacking: list[int] = []
    with follower.index() as index:
        for entries in _entries(database, follower):
            _note(readers, entries)
            for _, document in groupby(
                sorted(entries, key=lambda entry: entry.document_id), lambda entry: entry.document_id
            ):
                lacking += index.lacking(list(document))
        yield from _readers("lexical", index, readers)
    if lacking:
        detail = f"{len(lacking)} chunks: {listed(lacking)}"
        yield Finding("words of a chunk are missing in the lexical index", detail, _REPAIR)
    yield from _files("lexical", follower)


def _entries(
    database: Database, follower: Follower[DenseIndex] | Follower[LexicalIndex]
) -> Iterator[list[IndexEntry]]:
    """Yield the entries that the index should hold, in batches of complete documents."""
    after = 0
    while True:
        with database.reading() as session:
            entries, after = live_entries(session, follower.model_id, after, _DOCUMENTS_AT_ONCE)
        if after == 0:
            return
        yield entries


def _other_vectors(
    index: DenseIndex, entries: Sequence[IndexEntry], there: Sequence[IndexEntry]
) -> list[int]:
    """Return the chunks whose vector in the index is not the database's."""
    if not there:
        return []
    raw = np.frombuffer(b"".join(entry.vector for entry in entries), "<f4").reshape(len(entries), -1)
    wanted: Vectors = smoothed(raw, [entry.document_id for entry in entries])
    places = {entry.chunk_id: row for row, entry in enumerate(entries)}
    ids = np.array([entry.chunk_id for entry in there], np.int64)
    apart = np.abs(index.vectors(ids) - wanted[[places[entry.chunk_id] for entry in there]]).max(axis=1)
    return [int(chunk_id) for chunk_id in ids[~(apart < _EXACT)]]


def _note(readers: Readers, entries: Sequence[IndexEntry]) -> None:
    for entry in entries:
        for principal in entry.principals:
            readers.setdefault(principal, set()).add(entry.chunk_id)


def _readers(name: str, index: Index, readers: Readers) -> Iterator[Finding]:
    """Yield a finding if a principal sees other chunks by the index than by the database."""
    wrong = [
        principal
        for principal, chunks in sorted(readers.items())
        if set(index.allowed(AccessScope(frozenset({principal}))).tolist()) != chunks
    ]
    if wrong:
        detail = f"other chunks than the database says for {listed(wrong)}"
        yield Finding(f"readers in the {name} index are not the database's", detail, _REPAIR)


def _files(name: str, follower: Follower[DenseIndex] | Follower[LexicalIndex]) -> Iterator[Finding]:
    if damage := follower.damage():
        yield Finding(f"the {name} index on the disk is not as it was written", damage, _REPAIR)
