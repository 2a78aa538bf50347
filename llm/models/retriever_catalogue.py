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
    revision: str = "main"
    """The commit that `vade model pull` fetches, where one was tried out."""
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
        revision="fd1525a9fd15316a2d503bf26ab031a61d056e98",
        prompts=_E5,
    ),
    RetrieverCard(
        name="bge-small-en",
        repository="BAAI/bge-small-en-v1.5",
        kind="embedder",
        parameters=33e6,
        dimension=384,
        tokens=512,
        languages="English",
        licence="MIT",
        revision="5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
        prompts=("Represent this sentence for searching relevant passages: ", ""),
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
        name="minilm-reranker-12",
        repository="cross-encoder/ms-marco-MiniLM-L12-v2",
        kind="reranker",
        parameters=33e6,
        dimension=0,
        tokens=512,
        languages="English",
        licence=_APACHE,
        revision="7b0235231ca2674cb8ca8f022859a6eba2b1c968",
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


def revision_of(repository: str) -> str:
    """Return the commit on the card of a repository, or the branch `main`."""
    return next((card.revision for card in RETRIEVERS if card.repository == repository), "main")
