"""The catalogue of recommended embedders and rerankers, without the neural library.

Sizes and licences come from the models' cards; licences must be read again before use.
"""

from dataclasses import dataclass
from typing import Literal

_APACHE = "Apache-2.0"
_E5 = ("query: ", "passage: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieverCard:
    """An embedder or a reranker in the catalogue."""

    name: str
    repository: str
    """`owner/name` on Hugging Face."""
    kind: Literal["embedder", "reranker"]
    parameters: float
    dimension: int
    """The length of a vector; 0 for a reranker."""
    tokens: int
    """The longest text in tokens."""
    languages: str
    """How many languages it reads, or the name of its only one."""
    licence: str
    prompts: tuple[str, str] | None = None
    """For `llm.question_prompt` and `llm.passage_prompt`; None if its folder names its prompts or it has
    none."""


RETRIEVERS = (
    RetrieverCard(
        name="minilm",
        repository="sentence-transformers/all-MiniLM-L6-v2",
        kind="embedder",
        parameters=23e6,
        dimension=384,
        tokens=256,
        languages="English",
        licence=_APACHE,
    ),
    RetrieverCard(
        name="e5-small",
        repository="intfloat/multilingual-e5-small",
        kind="embedder",
        parameters=118e6,
        dimension=384,
        tokens=512,
        languages="100",
        licence="MIT",
        prompts=_E5,
    ),
    RetrieverCard(
        name="e5-large",
        repository="intfloat/multilingual-e5-large",
        kind="embedder",
        parameters=560e6,
        dimension=1024,
        tokens=512,
        languages="100",
        licence="MIT",
        prompts=_E5,
    ),
    RetrieverCard(
        name="granite-embedding",
        repository="ibm-granite/granite-embedding-278m-multilingual",
        kind="embedder",
        parameters=278e6,
        dimension=768,
        tokens=512,
        languages="12",
        licence=_APACHE,
    ),
    RetrieverCard(
        name="arctic-embed-l",
        repository="Snowflake/snowflake-arctic-embed-l-v2.0",
        kind="embedder",
        parameters=568e6,
        dimension=1024,
        tokens=8192,
        languages="74",
        licence=_APACHE,
    ),
    RetrieverCard(
        name="qwen3-embedding",
        repository="Qwen/Qwen3-Embedding-0.6B",
        kind="embedder",
        parameters=596e6,
        dimension=1024,
        tokens=32768,
        languages="100",
        licence=_APACHE,
    ),
    RetrieverCard(
        name="minilm-reranker",
        repository="cross-encoder/ms-marco-MiniLM-L6-v2",
        kind="reranker",
        parameters=23e6,
        dimension=0,
        tokens=512,
        languages="English",
        licence=_APACHE,
    ),
    RetrieverCard(
        name="bge-reranker",
        repository="BAAI/bge-reranker-v2-m3",
        kind="reranker",
        parameters=568e6,
        dimension=0,
        tokens=512,
        languages="100",
        licence=_APACHE,
    ),
)
