"""Haystack: its converters by kind of file, its recursive splitter, the in-memory store, ranks joined."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from haystack import Document
from haystack.components.converters import MultiFileConverter
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import RecursiveDocumentSplitter
from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.peers.protocol import CANDIDATES, Given, files, main

ENDINGS = ".md", ".txt", ".html", ".docx", ".pdf"
# Its splitter counts words by spaces, or tokens of OpenAI's vocabulary, which would have to be fetched. A
# word of the handbook has 1.35 tokens of the embedder.
_TOKENS_A_WORD = 1.35


class Haystack:
    """The parts that its documentation names for search over files, hybrid."""

    packages = "haystack-ai", "sentence-transformers-haystack"

    def __init__(self, given: Given) -> None:
        self._given = given
        self._store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
        self._embedder = SentenceTransformersTextEmbedder(
            model=str(given.model), progress_bar=False, normalize_embeddings=True
        )

    def ingest(self, folders: Sequence[Path], out: Path) -> int:
        """Read, cut, embed and save all files."""
        found = MultiFileConverter().run(sources=list(files(folders, *ENDINGS)))["documents"]
        words = int(self._given.tokens / _TOKENS_A_WORD)
        splitter = RecursiveDocumentSplitter(
            split_length=words, split_unit="word", separators=["\n\n", "\n", ". ", " "]
        )
        chunks = splitter.run([document for document in found if document.content])["documents"]
        embedder = SentenceTransformersDocumentEmbedder(
            model=str(self._given.model), progress_bar=False, normalize_embeddings=True
        )
        self._store.write_documents(embedder.run(chunks)["documents"])
        out.mkdir(parents=True, exist_ok=True)
        self._store.save_to_disk(str(out / "store.json"))
        return len(chunks)

    def open(self, out: Path) -> None:
        """Open what `ingest` saved."""
        self._store = InMemoryDocumentStore.load_from_disk(str(out / "store.json"))
        self._join()

    def hold(self, texts: Sequence[str], vectors: Any) -> None:
        """Take chunks with their vectors."""
        rows = vectors.tolist()
        self._store.write_documents(
            [
                Document(
                    id=str(number), content=text, embedding=rows[number], meta={"file_path": str(number)}
                )
                for number, text in enumerate(texts)
            ]
        )
        self._join()

    def find(self, question: str, limit: int) -> list[str]:
        """Return the names of what was found, best first."""
        vector = self._embedder.run(question)["embedding"]
        lists = [
            self._words.run(query=question)["documents"],
            self._meaning.run(query_embedding=vector)["documents"],
        ]
        joined = self._joiner.run(documents=lists)["documents"][:limit]
        return [Path(document.meta["file_path"]).name for document in joined]

    def _join(self) -> None:
        self._words = InMemoryBM25Retriever(self._store, top_k=CANDIDATES)
        self._meaning = InMemoryEmbeddingRetriever(self._store, top_k=CANDIDATES)
        self._joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")


if __name__ == "__main__":
    main(Haystack)
