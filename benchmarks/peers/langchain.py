"""LangChain: DirectoryLoader, its recursive splitter, FAISS and rank_bm25 in an EnsembleRetriever."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy
import unstructured.nlp.tokenize as tokenizing
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.document_loaders import DirectoryLoader, PyPDFLoader
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.peers.protocol import CANDIDATES, Given, main

ENDINGS = "md", "txt", "html", "docx"


class LangChain:
    """The parts that its documentation names for search over files, hybrid."""

    packages = "langchain", "langchain-community", "langchain-text-splitters", "unstructured", "rank-bm25"

    def __init__(self, given: Given) -> None:
        self._given = given
        self._embeddings = HuggingFaceEmbeddings(
            model_name=str(given.model), encode_kwargs={"normalize_embeddings": True}
        )
        self._retriever: EnsembleRetriever | None = None

    def ingest(self, folders: Sequence[Path], out: Path) -> int:
        """Read, cut, embed and save all files."""
        _stay_offline()
        documents: list[Document] = []
        for folder in folders:
            for ending in ENDINGS:
                documents += DirectoryLoader(str(folder), f"**/*.{ending}", silent_errors=True).load()
            documents += DirectoryLoader(
                str(folder), "**/*.pdf", silent_errors=True, loader_cls=PyPDFLoader
            ).load()
        splitter = RecursiveCharacterTextSplitter.from_huggingface_tokenizer(
            self._embeddings._client.tokenizer, chunk_size=self._given.tokens, chunk_overlap=0
        )
        chunks = splitter.split_documents(documents)
        FAISS.from_documents(chunks, self._embeddings).save_local(str(out))
        (out / "bm25.pickle").write_bytes(pickle.dumps(BM25Retriever.from_documents(chunks)))
        return len(chunks)

    def open(self, out: Path) -> None:
        """Open what `ingest` saved."""
        dense = FAISS.load_local(str(out), self._embeddings, allow_dangerous_deserialization=True)
        self._join(dense, pickle.loads((out / "bm25.pickle").read_bytes()))  # its own file

    def hold(self, texts: Sequence[str], vectors: Any) -> None:
        """Take chunks with their vectors."""
        names = [{"source": str(number)} for number in range(len(texts))]
        pairs = zip(texts, vectors.tolist(), strict=True)
        dense = FAISS.from_embeddings(list(pairs), self._embeddings, names)
        self._join(dense, BM25Retriever.from_texts(texts, names))

    def find(self, question: str, limit: int) -> list[str]:
        """Return the names of what was found, best first."""
        assert self._retriever
        found = self._retriever.invoke(question)[:limit]
        return [Path(document.metadata["source"]).name for document in found]

    def _join(self, dense: FAISS, words: BM25Retriever) -> None:
        words.k = CANDIDATES
        meaning = dense.as_retriever(search_kwargs={"k": CANDIDATES})
        self._retriever = EnsembleRetriever(retrievers=[words, meaning], weights=[0.5, 0.5])


def _stay_offline() -> None:
    """Give unstructured a local pipeline in place of the model that it would download."""
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    stand_in: Callable[..., Any] = lambda *_: pipeline  # noqa: E731
    tokenizing._get_nlp = stand_in
    tokenizing._load_spacy_model = stand_in


if __name__ == "__main__":
    main(LangChain)
