"""LlamaIndex: SimpleDirectoryReader, its sentence splitter, FAISS and BM25 in a QueryFusionRetriever."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import BaseNode, TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore

from benchmarks.peers.protocol import CANDIDATES, Given, files, main

ENDINGS = ".md", ".txt", ".html", ".docx", ".pdf"


class LlamaIndex:
    """The parts that its documentation names for search over files, hybrid."""

    packages = "llama-index-core", "llama-index-retrievers-bm25", "llama-index-vector-stores-faiss"

    def __init__(self, given: Given) -> None:
        self._given = given
        self._embedding = HuggingFaceEmbedding(model_name=str(given.model), embed_batch_size=32)
        self._retriever: QueryFusionRetriever | None = None

    def ingest(self, folders: Sequence[Path], out: Path) -> int:
        """Read, cut, embed and save all files."""
        reader = SimpleDirectoryReader(input_files=files(folders, *ENDINGS), raise_on_error=False)
        tokenizer = self._embedding._model.tokenizer
        splitter = SentenceSplitter(
            chunk_size=self._given.tokens,
            chunk_overlap=0,
            tokenizer=lambda text: tokenizer.encode(text, add_special_tokens=False),
        )
        documents = reader.load_data()
        for document in documents:
            # Paths and dates are not to be embedded, nor to take from a chunk's tokens.
            document.excluded_embed_metadata_keys = list(document.metadata)
            document.excluded_llm_metadata_keys = list(document.metadata)
        nodes = splitter.get_nodes_from_documents(documents)
        index = self._index(nodes)
        index.storage_context.docstore.add_documents(nodes)
        index.storage_context.persist(str(out))
        return len(nodes)

    def open(self, out: Path) -> None:
        """Open what `ingest` saved."""
        storage = StorageContext.from_defaults(
            vector_store=FaissVectorStore.from_persist_dir(str(out)), persist_dir=str(out)
        )
        index = load_index_from_storage(storage, embed_model=self._embedding)
        words = BM25Retriever.from_defaults(docstore=index.docstore, similarity_top_k=CANDIDATES)
        self._join(index, words)

    def hold(self, texts: Sequence[str], vectors: Any) -> None:
        """Take chunks with their vectors."""
        rows = vectors.tolist()
        nodes = [
            TextNode(id_=str(number), text=text, embedding=rows[number], metadata={"file_name": str(number)})
            for number, text in enumerate(texts)
        ]
        self._join(self._index(nodes), BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=CANDIDATES))

    def find(self, question: str, limit: int) -> list[str]:
        """Return the names of what was found, best first."""
        assert self._retriever
        return [str(found.node.metadata["file_name"]) for found in self._retriever.retrieve(question)[:limit]]

    def _index(self, nodes: Sequence[BaseNode]) -> VectorStoreIndex:
        dimension = self._embedding._model.get_embedding_dimension()
        store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(dimension))
        storage = StorageContext.from_defaults(vector_store=store)
        return VectorStoreIndex(list(nodes), storage_context=storage, embed_model=self._embedding)

    def _join(self, index: VectorStoreIndex, words: BM25Retriever) -> None:
        self._retriever = QueryFusionRetriever(
            [index.as_retriever(similarity_top_k=CANDIDATES), words],
            llm=MockLLM(),
            mode="reciprocal_rerank",
            similarity_top_k=CANDIDATES,
            num_queries=1,
            use_async=False,
        )


if __name__ == "__main__":
    main(LlamaIndex)
