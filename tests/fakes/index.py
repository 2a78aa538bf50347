"""Both legs by brute force: every entry is looked at, one after the other."""

import json
import math
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.errors import IndexUnusableError
from core.text.abbreviations import abbreviations
from core.text.definitions import named_by
from core.text.identifiers import MOST_EDITS, edits
from core.text.language import cjk_share, is_identifier, spelled_words, terms
from core.values.documents import BlockKind
from core.values.search import AccessScope, Hit, IndexEntry, LabelFilter
from llm.embedding.embedder import Vectors
from retrieval.dense.document_smoothing import smoothed
from retrieval.index import ChunkIds

# Tantivy's constants of BM25.
K1, B = 1.2, 0.75
NEIGHBOURS = 2


class FakeIndex:
    """What both fakes share: the entries, by chunk id."""

    def __init__(self, folder: Path | None = None) -> None:
        self.entries: dict[int, IndexEntry] = {}
        if folder is not None:
            self.entries = {entry.chunk_id: entry for entry in _read(folder / "entries.json")}

    def replace(self, document_ids: Collection[int], entries: Sequence[IndexEntry]) -> None:
        kept = {i: entry for i, entry in self.entries.items() if entry.document_id not in document_ids}
        self.entries = kept | {entry.chunk_id: entry for entry in entries}

    def ids(self) -> ChunkIds:
        return np.array(sorted(self.entries), np.int64)

    def allowed(self, scope: AccessScope) -> ChunkIds:
        seen = [i for i, entry in self.entries.items() if entry.principals & scope.principals]
        return np.array(sorted(seen), np.int64)

    def save(self, folder: Path) -> None:
        lines = [
            asdict(entry)
            | {
                "vector": b64encode(entry.vector).decode(),
                "principals": sorted(entry.principals),
                "labels": sorted(entry.labels),
            }
            for entry in self.entries.values()
        ]
        (folder / "entries.json").write_text(json.dumps(lines), "utf-8")

    def close(self) -> None:
        self.entries = {}

    def _best(
        self, scores: dict[int, float], scope: AccessScope, limit: int, labels: LabelFilter
    ) -> list[Hit]:
        allowed = [
            Hit(chunk_id, score)
            for chunk_id, score in scores.items()
            if self.entries[chunk_id].principals & scope.principals
            and all(self.entries[chunk_id].labels & wanted for wanted in labels)
        ]
        return sorted(allowed, key=lambda hit: (-hit.score, hit.chunk_id))[:limit]


class FakeDenseIndex(FakeIndex):
    """Finds by the inner product with every vector, and half of that with its document's mean."""

    def search(self, query: Vectors, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        of_document: dict[int, list[Vectors]] = {}
        for entry in self.entries.values():
            of_document.setdefault(entry.document_id, []).append(np.frombuffer(entry.vector, "<f4"))
        scores = {}
        for chunk_id, entry in self.entries.items():
            mean = np.mean(of_document[entry.document_id], axis=0)
            mean /= np.linalg.norm(mean)
            scores[chunk_id] = float(np.frombuffer(entry.vector, "<f4") @ query + 0.5 * mean @ query)
        return self._best(scores, scope, limit, labels)

    def vectors(self, ids: ChunkIds) -> Vectors:
        entries = [self.entries[chunk_id] for chunk_id in sorted(self.entries)]
        raw = np.frombuffer(b"".join(entry.vector for entry in entries), "<f4").reshape(len(entries), -1)
        rows = smoothed(raw, [entry.document_id for entry in entries])
        places = {entry.chunk_id: row for row, entry in enumerate(entries)}
        return rows[[places[chunk_id] for chunk_id in ids.tolist()]]


class FakeLexicalIndex(FakeIndex):
    """Finds by BM25 over three views of every chunk: itself, with its headings, with its neighbours.

    Chinese counts by its single characters too, and other words twice beside it.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), in Lucene's form.
    """

    def search(
        self, query: Sequence[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> list[Hit]:
        views = self._views(scope)
        scores: dict[int, float] = {}
        characters = _characters(query)
        asked = [("characters", character, 1.0) for character in characters]
        for term in query:
            weight = 2.0 if characters and not cjk_share(term) else 1.0
            asked += [("text", term, weight), ("body" if is_identifier(term) else "around", term, weight)]
        for view, term, weight in asked:
            for chunk_id, score in _bm25(views[view], term):
                scores[chunk_id] = scores.get(chunk_id, 0.0) + weight * score
        return self._best(scores, scope, limit, labels)

    def labelled(self, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> ChunkIds:
        found = self._best(dict.fromkeys(self.entries, 0.0), scope, limit, labels)
        return np.array([hit.chunk_id for hit in found], np.int64)

    def lacking(self, entries: Sequence[IndexEntry]) -> list[int]:
        return [entry.chunk_id for entry in entries if self.entries.get(entry.chunk_id) != entry]

    def phrase_frequency(self, phrase: Sequence[str], scope: AccessScope) -> int:
        seen = [entry for entry in self.entries.values() if entry.principals & scope.principals]
        held = (f" {' '.join(terms(f'{one.context} {one.text}'))} " for one in seen)
        return sum(f" {' '.join(phrase)} " in words for words in held) if phrase else 0

    def spellings(self, beginning: str, scope: AccessScope) -> dict[str, int]:
        seen = [entry for entry in self.entries.values() if entry.principals & scope.principals]
        spelled = (set(spelled_words(f"{entry.context}\n{entry.text}")) for entry in seen)
        return Counter(word for words in spelled for word in words if word.startswith(beginning))

    def forms(self, form: str, scope: AccessScope) -> dict[str, int]:
        seen = [entry for entry in self.entries.values() if entry.principals & scope.principals]
        pairs = [pair for one in seen for pair in abbreviations(f"{one.context}\n{one.text}")]
        long = Counter(long for short, long in pairs if short.casefold() == form)
        return long + Counter(short for short, long in pairs if long == form)

    def frequencies(self, query: Sequence[str], scope: AccessScope) -> tuple[int, list[int]]:
        texts = self._views(scope)["text"].values()
        return len(texts), [sum(term in text for text in texts) for term in query]

    def defining(
        self, named: Collection[str], scope: AccessScope, limit: int, labels: LabelFilter = ()
    ) -> ChunkIds:
        found = {
            chunk_id: 1.0
            for chunk_id, entry in self.entries.items()
            if named_by(entry.kind, entry.context, entry.text) & set(named)
        }
        return np.array([hit.chunk_id for hit in self._best(found, scope, limit, labels)], np.int64)

    def near(self, term: str, scope: AccessScope, limit: int, labels: LabelFilter = ()) -> list[Hit]:
        parts = {part for part in terms(term) if is_identifier(part)} - {term}
        scores: dict[int, float] = {}
        for chunk_id, body in self._views(scope)["body"].items():
            nearest = min((edits(term, word) for word in body), default=MOST_EDITS + 1)
            if parts & set(body) or nearest <= MOST_EDITS:
                scores[chunk_id] = 2.0 if parts & set(body) or nearest <= 1 else 1.0
        return self._best(scores, scope, limit, labels)

    def _views(self, scope: AccessScope) -> dict[str, dict[int, list[str]]]:
        entries = [self.entries[chunk_id] for chunk_id in self.allowed(scope).tolist()]
        views: dict[str, dict[int, list[str]]] = {"body": {}, "text": {}, "around": {}, "characters": {}}
        for position, entry in enumerate(entries):
            context, body = terms(entry.context), terms(entry.text)
            views["body"][entry.chunk_id] = body
            views["text"][entry.chunk_id] = [*context, *body]
            views["characters"][entry.chunk_id] = _characters([*context, *body])
            views["around"][entry.chunk_id] = [*context, *_neighbouring(entries, position)]
        return views


def _characters(words: Sequence[str]) -> list[str]:
    found: list[str] = []
    for number, word in enumerate(words):
        if cjk_share(word):
            overlaps = number + 1 < len(words) and words[number + 1][0] == word[-1] and len(word) > 1
            found += list(word[:-1] if overlaps else word)
    return found


def _neighbouring(entries: Sequence[IndexEntry], position: int) -> Iterator[str]:
    here = entries[position]
    for other_position, other in enumerate(entries):
        near = abs(other_position - position) <= NEIGHBOURS and here.kind is not BlockKind.ROW
        if other is here or (near and other.document_id == here.document_id):
            yield from terms(other.text)


def _bm25(texts: dict[int, list[str]], term: str) -> Iterator[tuple[int, float]]:
    holding = {chunk_id: words.count(term) for chunk_id, words in texts.items() if term in words}
    if not holding:
        return
    term_weights = math.log(1 + (len(texts) - len(holding) + 0.5) / (len(holding) + 0.5))
    mean_length = sum(map(len, texts.values())) / len(texts)
    for chunk_id, count in holding.items():
        length = 1 - B + B * len(texts[chunk_id]) / mean_length
        yield chunk_id, term_weights * count * (K1 + 1) / (count + K1 * length)


def _read(path: Path) -> Iterator[IndexEntry]:
    try:
        lines = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise IndexUnusableError(f"{path} cannot be read: {error}") from error
    for line in lines:
        line["kind"], line["principals"] = BlockKind(line["kind"]), frozenset(line["principals"])
        line["labels"] = frozenset(line["labels"])
        yield IndexEntry(**line | {"vector": b64decode(line["vector"])})
