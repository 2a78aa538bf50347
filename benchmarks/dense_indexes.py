"""Recall and speed of the dense indexes, by the share of documents that is allowed.

    python -m benchmarks.dense_indexes DATA QUESTIONS.jsonl [CHUNKS]

DATA is a data folder with documents; their vectors are grown to CHUNKS by mixing each with a near one and
a little noise, so that they are distributed like real ones. QUESTIONS has `{"text": …}` on each line.
Times are the computing time of one core, without the machine's other load. DATA is not changed.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, create_engine, text

from core.settings import LlmSettings
from llm.embedding.embedder import Vectors
from llm.embedding.opening import open_embedder
from retrieval.dense.document_smoothing import smoothed
from retrieval.dense.faiss_structures import Graph, Lists
from retrieval.dense.row_index import Structure
from retrieval.dense.rows import Allowed, RowNumbers

SHARES = (1.0, 0.1, 0.01, 0.001)
QUESTIONS, LIMIT, AT_ONCE, NEIGHBOURS = 300, 100, 2500, 16
NOISE = 0.3
Documents = NDArray[np.int64]


def stored(data: Path) -> tuple[Vectors, Documents]:
    """Return the vectors of a data folder in the order of their documents, and these documents."""
    url = URL.create("sqlite", database=f"file:{data / 'truth.db'}", query={"mode": "ro", "uri": "true"})
    wanted = text(
        "select c.document_id, e.vector from chunk c join embedding e on e.chunk_id = c.id order by c.id"
    )
    with create_engine(url).connect() as connection:
        rows = connection.execute(wanted).all()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), "<f4").reshape(len(rows), -1)
    return vectors, np.array([document for document, _ in rows])


def grown(vectors: Vectors, documents: Documents, chunks: int) -> tuple[Vectors, Documents]:
    """Return that many vectors in the form of an index, with their documents."""
    random = np.random.default_rng(0)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    near = flat.search(vectors, NEIGHBOURS)[1]
    rows, of = [smoothed(vectors, documents.tolist())], [documents]
    while sum(map(len, rows)) < chunks:
        other = vectors[near[np.arange(len(vectors)), random.integers(1, NEIGHBOURS, len(vectors))]]
        share = random.uniform(0.5, 0.9, (len(vectors), 1))
        mixed = share * vectors + (1 - share) * other
        mixed += random.standard_normal(mixed.shape) * NOISE / np.sqrt(mixed.shape[1])
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        rows.append(smoothed(mixed.astype(np.float32), documents.tolist()))
        of.append(documents + (int(documents.max()) + 1) * len(of))
    return np.concatenate(rows)[:chunks], np.concatenate(of)[:chunks]


def scopes(documents: Documents) -> dict[float, Allowed]:
    """Return the rows of randomly drawn documents for each share."""
    random, found = np.random.default_rng(1), {}
    for share in SHARES:
        mask = (random.random(int(documents.max()) + 1) < share)[documents]
        found[share] = Allowed(np.packbits(mask, bitorder="little"), int(mask.sum()))
    return found


def timed(search: Callable[[Vectors], RowNumbers], questions: Vectors) -> tuple[list[RowNumbers], float]:
    """Return the rows found for each question, and the median milliseconds of a search."""
    found, spent = [], []
    for question in questions:
        begun = time.process_time()
        found.append(search(question))
        spent.append((time.process_time() - begun) * 1000)
    return found, float(np.median(spent))


def recall(found: list[RowNumbers], exact: list[RowNumbers], limit: int) -> float:
    """Return the share of the nearest rows that were found."""
    pairs = zip(found, exact, strict=True)
    return float(np.mean([len({*a[:limit]} & {*b[:limit]}) / len(b[:limit]) for a, b in pairs]))


def built(vectors: Vectors, make: Callable[[], Structure], folder: Path) -> tuple[Structure, float]:
    """Return a saved structure of the vectors, and the seconds of computing that it took."""
    faiss.omp_set_num_threads(2)
    begun = time.process_time()
    structure = make()
    for first in range(0, len(vectors), AT_ONCE):
        structure.replace(np.empty(0, np.int64), vectors[first : first + AT_ONCE])
    structure.save(folder)
    faiss.omp_set_num_threads(1)
    return structure, time.process_time() - begun


def lines(vectors: Vectors, documents: Documents, questions: Vectors) -> Iterator[str]:
    """Yield the table, row by row."""
    allowed, dimension = scopes(documents), vectors.shape[1]
    flat = faiss.IndexFlatIP(dimension)
    flat.add(vectors)
    faiss.omp_set_num_threads(1)
    exact = {}
    for share, rows in allowed.items():
        chosen = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(rows.bits))
        found, ms = timed(lambda q: flat.search(q[None], LIMIT, params=chosen)[1][0], questions)  # noqa: B023
        exact[share] = [each[each >= 0] for each in found]
        yield f"| exact | {share:.1%} | 1 | 1 | {ms:.2f} |"
    with tempfile.TemporaryDirectory() as scratch:
        kinds: dict[str, Callable[[], Structure]] = {
            "hnsw": lambda: Graph(dimension),
            "ivfpq": lambda: Lists(dimension, Path(scratch), expected_rows=len(vectors)),
        }
        for name, make in kinds.items():
            folder = Path(scratch, name)
            folder.mkdir()
            structure, seconds = built(vectors, make, folder)
            for share, rows in allowed.items():
                found, ms = timed(lambda q: structure.nearest(q, rows, LIMIT)[0], questions)  # noqa: B023
                near, far = (recall(found, exact[share], limit) for limit in (10, LIMIT))
                yield f"| {name} | {share:.1%} | {near:.4f} | {far:.4f} | {ms:.2f} |"
            sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.0f} MB" for path in folder.iterdir())
            yield f"{name}: {seconds:.0f} s of computing to build; {sizes}"
            structure.close()


def main() -> None:
    """Print the table."""
    data, asked = Path(sys.argv[1]), Path(sys.argv[2])
    chunks = int(sys.argv[3]) if len(sys.argv) > 3 else 200_000
    vectors, documents = grown(*stored(data), chunks)
    texts = [json.loads(line)["text"] for line in asked.read_text("utf-8").splitlines()[:QUESTIONS]]
    questions = open_embedder(LlmSettings()).embed(texts)
    print(f"{len(vectors)} chunks of {documents.max() + 1} documents, {len(texts)} questions\n")
    print(f"| index | allowed | recall@10 | recall@{LIMIT} | ms |\n|---|---|---|---|---|")
    for line in lines(vectors, documents, questions):
        print(line, flush=True)


if __name__ == "__main__":
    main()
