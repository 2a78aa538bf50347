"""Embedders and rerankers that are worth a look; known without the neural library.

Sizes and licences come from the models' cards and must be read again before use.
"""

from dataclasses import dataclass
from typing import Literal

_APACHE = "Apache-2.0"
_E5 = ("query: ", "passage: ")


@dataclass(frozen=True, slots=True)
class RetrieverCard:
    """A model that reads. `dimension` is 0 for a reranker, which gives no vector.

    `prompts` are what the model wants in front of questions and passages where its folder does not say
    so by itself: the settings `llm.question_prompt` and `llm.passage_prompt`.
    """

    name: str
    repository: str
    kind: Literal["embedder", "reranker"]
    parameters: float
    dimension: int
    tokens: int
    languages: str
    licence: str
    prompts: tuple[str, str] | None = None


RETRIEVERS = (
    RetrieverCard("minilm", "sentence-transformers/all-MiniLM-L6-v2", "embedder",
               23e6, 384, 256, "English", _APACHE),
    RetrieverCard("e5-small", "intfloat/multilingual-e5-small", "embedder",
               118e6, 384, 512, "100", "MIT", _E5),
    RetrieverCard("e5-large", "intfloat/multilingual-e5-large", "embedder",
               560e6, 1024, 512, "100", "MIT", _E5),
    RetrieverCard("granite-embedding", "ibm-granite/granite-embedding-278m-multilingual", "embedder",
               278e6, 768, 512, "12", _APACHE),
    RetrieverCard("arctic-embed-l", "Snowflake/snowflake-arctic-embed-l-v2.0", "embedder",
               568e6, 1024, 8192, "74", _APACHE),
    RetrieverCard("qwen3-embedding", "Qwen/Qwen3-Embedding-0.6B", "embedder",
               596e6, 1024, 32768, "100", _APACHE),
    RetrieverCard("minilm-reranker", "cross-encoder/ms-marco-MiniLM-L6-v2", "reranker",
               23e6, 0, 512, "English", _APACHE),
    RetrieverCard("bge-reranker", "BAAI/bge-reranker-v2-m3", "reranker",
               568e6, 0, 512, "100", _APACHE),
)  # fmt: skip
