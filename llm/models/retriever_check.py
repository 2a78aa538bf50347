"""The check of an embedder or a reranker: it is loaded on this machine, reads a few texts and is measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.settings import LlmSettings
from llm.embedding.folder import embedder_folder, read_object
from llm.embedding.opening import DeferredEmbedder
from llm.reranking.opening import DeferredReranker

Kind = Literal["embedder", "reranker", "chat"]

_QUESTION = "How often must the boiler be serviced?"
_ANSWER = "The boiler is to be serviced once a year, before the heating season."
_OTHER = "Expenses are refunded within two weeks after the receipts were handed in."
# As many passages as a search gives a reranker, of ordinary length: about 180 tokens.
_PASSAGES = [f"{number}. {_ANSWER} {_OTHER} " * 6 for number in range(32)]
# The endings of the names of architectures without a head that generates or classifies.
_ENCODERS = ("Model", "ForMaskedLM")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieverReport:
    """The measures of an embedder or a reranker on this machine.

    The fields with a default value are those of an embedder.
    """

    kind: Kind
    name: str
    matching: float
    """The likeness or score of a question and its answer."""
    unrelated: float
    """That of the question and another sentence; for a useful model well below `matching`."""
    load_seconds: float
    passages_per_second: float
    """The speed with passages of about 180 tokens."""
    dimension: int = 0
    """The length of a vector."""
    max_tokens: int = 0
    """The most tokens that it reads."""
    pooling: str = ""
    """One of `llm.embedding.folder.POOLINGS`."""
    question_prompt: str = ""
    """The text in front of a question."""
    passage_prompt: str = ""
    """The text in front of a passage."""
    reads_cjk: bool = False
    """Whether its tokenizer knows Chinese characters."""


def kind_of(folder: Path) -> Kind:
    """Return the kind of the model in a folder. Raises: ModelError if its config cannot be read."""
    if (folder / "modules.json").is_file():
        return "embedder"
    names = [str(name) for name in read_object(folder / "config.json").get("architectures") or ()]
    if any(name.endswith("ForSequenceClassification") for name in names):
        return "reranker"
    return "embedder" if names and all(name.endswith(_ENCODERS) for name in names) else "chat"


def check_retriever(folder: Path, settings: LlmSettings) -> RetrieverReport:
    """Load an embedder or a reranker, give it a few texts, and return its measures.

    Raises: ModelError if it cannot be loaded, or gives values that are not finite.
    """
    if kind_of(folder) == "reranker":
        return _check_reranker(settings.model_copy(update={"reranker": str(folder)}))
    return _check_embedder(settings.model_copy(update={"embedder": str(folder)}))


def _check_embedder(settings: LlmSettings) -> RetrieverReport:
    start = time.perf_counter()
    embedder = DeferredEmbedder(settings)
    question = embedder.embed_question(_QUESTION, ())
    loaded = time.perf_counter()
    matching, unrelated = (embedder.embed([_ANSWER, _OTHER]) @ question).tolist()
    folder = embedder_folder(settings.embedder, settings.question_prompt, settings.passage_prompt)
    return RetrieverReport(
        kind="embedder",
        name=embedder.model_id,
        matching=matching,
        unrelated=unrelated,
        load_seconds=loaded - start,
        passages_per_second=_speed(lambda: embedder.embed(_PASSAGES)),
        dimension=embedder.dimension,
        max_tokens=embedder.tokenizer.max_tokens,
        pooling=folder.pooling,
        question_prompt=folder.question_prompt,
        passage_prompt=folder.passage_prompt,
        reads_cjk=embedder.tokenizer.reads_cjk,
    )


def _check_reranker(settings: LlmSettings) -> RetrieverReport:
    start = time.perf_counter()
    reranker = DeferredReranker(settings)
    matching, unrelated = reranker.scores(_QUESTION, [_ANSWER, _OTHER]).tolist()
    loaded = time.perf_counter()
    speed = _speed(lambda: reranker.scores(_QUESTION, _PASSAGES))
    return RetrieverReport(
        kind="reranker",
        name=reranker.name,
        matching=matching,
        unrelated=unrelated,
        load_seconds=loaded - start,
        passages_per_second=speed,
    )


def _speed(read: Callable[[], object]) -> float:
    read()  # the first batch of a shape prepares the matrix library
    start = time.perf_counter()
    read()
    return len(_PASSAGES) / (time.perf_counter() - start)
