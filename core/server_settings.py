"""The settings of model servers, and of the embedders that may be on one."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


def is_url(text: str) -> bool:
    """Return whether a setting that may be a folder or a server names a server."""
    return text.startswith(("http://", "https://"))


class Group(BaseModel):
    """A group of settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Group):
    """A model server, with time limits, tries and a circuit breaker."""

    model: str = Field("", description="the model's name on the server")
    api_key: SecretStr = Field(SecretStr(""), description="sent as a bearer token; empty: none is sent")
    connect_seconds: float = Field(3.0, gt=0, description="time limit for a connection")
    silence_seconds: float = Field(30.0, gt=0, description="longest pause within an answer")
    tries: int = Field(3, ge=1, le=10, description="how often a request is tried")
    breaker_failures: int = Field(5, ge=1, description="failures in a row that open the circuit breaker")
    breaker_seconds: float = Field(20.0, gt=0, description="how long the breaker then refuses requests")


VectorDialect = Literal["openai", "tei"]


class EmbedderServerSettings(ServerSettings):
    """An embedding server; its URL is given as `llm.embedder`."""

    dialect: VectorDialect = Field(
        "openai", description="`openai`: the URL ends in /v1; `tei`: text-embeddings-inference"
    )
    dimension: int = Field(0, ge=0, description="length of its vectors")
    max_tokens: int = Field(512, ge=32, description="most tokens of a text that the model accepts")
    max_texts: int = Field(32, ge=1, description="most texts in one request")
    tokenizer: Path | None = Field(
        None, description="folder of the model's tokenizer.json; without it, tokens are estimated"
    )
    reads_cjk: bool = Field(True, description="the model understands Chinese, Japanese and Korean")


class RerankerServerSettings(ServerSettings):
    """A reranking server; its URL is given as `llm.reranker`."""

    dialect: VectorDialect = Field(
        "openai", description="`openai` (vLLM, Jina, Cohere): the URL ends in /v1; `tei`: as for embeddings"
    )
    max_texts: int = Field(32, ge=1, description="most texts in one request")


class LegSettings(Group):
    """An embedder that searches beside the first one."""

    embedder: str = Field(description="a sentence-transformers folder, or a server's URL")
    embedder_server: EmbedderServerSettings = EmbedderServerSettings()
    question_prompt: str | None = Field(
        None, description="prefix of a question to embed; without it, the one in the model's folder"
    )
    passage_prompt: str | None = Field(None, description="the same for passages; a change embeds all again")
    languages: tuple[str, ...] = Field(
        (), description="languages of the chunks that it embeds, such as zh (ISO 639-1); empty: all"
    )
    weight: float = Field(
        0.5, gt=0, le=1, description="its share of retrieval.dense_weight where other embedders can read too"
    )

    @model_validator(mode="after")
    def _server_is_whole(self) -> Self:
        if is_url(self.embedder) and not (self.embedder_server.model and self.embedder_server.dimension):
            raise ValueError("an embedder at a URL needs embedder_server.model and embedder_server.dimension")
        return self
