"""The configuration: one frozen model, made once at the edge and passed down."""

import os
import tomllib
from collections.abc import Iterator
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as SettingsSourceError,
)

from core.errors import SettingsError
from core.permissions import current_user

ENVIRONMENT_PREFIX = "VADE_"
# Names with our prefix that are not settings: where tests and benchmarks find public data sets.
NOT_SETTINGS = frozenset({"VADE_DATA"})
SETTINGS_FILE = "vade.toml"


def is_url(text: str) -> bool:
    """Return whether a setting that may be a folder or a server names a server."""
    return text.startswith(("http://", "https://"))


class Group(BaseModel):
    """A folder's settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EngineSettings(Group):
    """How much the engine in this process holds and does at once."""

    page_tokens: int = Field(32, ge=1, le=256, description="tokens in one KV page")
    memory_bytes: int = Field(
        0, ge=0, description="for KV pages; 0: what the model leaves of `memory_share`, 2 GiB on a CPU"
    )
    memory_share: float = Field(0.9, gt=0, le=1, description="of a GPU's memory, for model, steps and pages")
    pages: int = Field(0, ge=0, description="number of KV pages; 0 takes what the memory holds")
    kv_dtype: Literal["model", "int8"] = "model"
    weights: Literal["model", "int8", "fp8"] = Field("model", description="as stored, or in eight bits")
    kernels: Literal["auto", "triton", "torch"] = Field(
        "auto", description="`auto`: Triton's on a GPU that can run them, torch's elsewhere"
    )
    graphs: bool = Field(True, description="on a GPU, replay decoding steps as recorded CUDA graphs")
    max_step_tokens: int = Field(1024, ge=1, description="tokens computed in one step")
    max_sequences: int = Field(64, ge=1, description="requests generating at once")
    max_waiting: int = Field(256, ge=0, description="requests that may wait; more are refused")
    max_context_tokens: int = Field(0, ge=0, description="prompt and answer; 0 takes the model's limit")
    share_prefixes: bool = True
    adapters: dict[str, Path] = Field(default_factory=dict, description="LoRA adapters by name")
    background_delay_seconds: float = Field(
        60.0, ge=0, description="how much later a background request counts as having arrived"
    )

    @model_validator(mode="after")
    def _room_for_every_sequence(self) -> Self:
        if self.max_step_tokens < self.max_sequences:
            raise ValueError("max_step_tokens must not be below max_sequences: each decodes one a step")
        return self


Dialect = Literal["openai", "vllm"]


class ServerSettings(Group):
    """A server of models, and how patient to be with it."""

    model: str = Field("", description="the name under which the server knows the model")
    api_key: SecretStr = SecretStr("")
    connect_seconds: float = Field(3.0, gt=0)
    silence_seconds: float = Field(30.0, gt=0, description="longest pause within an answer")
    tries: int = Field(3, ge=1, le=10)
    breaker_failures: int = Field(5, ge=1)
    breaker_seconds: float = Field(20.0, gt=0)


class RemoteSettings(ServerSettings):
    """A model server that speaks OpenAI's protocol."""

    url: HttpUrl = Field(HttpUrl("http://127.0.0.1:8001/v1"), description="up to and including /v1")
    dialect: Dialect = Field("openai", description="`vllm` also takes grammars, priorities and cache salts")
    max_context_tokens: int = Field(8192, ge=512)


VectorDialect = Literal["openai", "tei"]


class EmbedderServerSettings(ServerSettings):
    """A server that embeds, where `llm.embedder` is its URL.

    With the dialect `openai` the URL goes up to and including /v1; `tei` is text-embeddings-inference.
    """

    dialect: VectorDialect = "openai"
    dimension: int = Field(0, ge=0, description="the length of its vectors")
    max_tokens: int = Field(512, ge=32, description="the most tokens that the model takes")
    max_texts: int = Field(32, ge=1, description="texts in one request")
    tokenizer: Path | None = Field(
        None, description="folder with the model's tokenizer.json; without it, tokens are estimated"
    )
    reads_cjk: bool = Field(True, description="whether the model knows Chinese, Japanese and Korean")


class RerankerServerSettings(ServerSettings):
    """A server that reranks, where `llm.reranker` is its URL.

    With the dialect `openai` the URL goes up to and including /v1 (vLLM, Jina, Cohere).
    """

    dialect: VectorDialect = "openai"
    max_texts: int = Field(32, ge=1, description="texts in one request")


class HfSettings(Group):
    """How much plain `generate` does at once."""

    max_batch: int = Field(8, ge=1)
    max_waiting: int = Field(32, ge=0)


class LlmSettings(Group):
    """Neural models: the embedder, and what writes the answers."""

    embedder: str = Field(
        "minilm", description="`minilm`, built in, a sentence-transformers folder, or a server's URL"
    )
    embedder_server: EmbedderServerSettings = EmbedderServerSettings()
    reranker: str = Field("", description="a cross-encoder's folder or a server's URL; empty: none")
    reranker_server: RerankerServerSettings = RerankerServerSettings()
    question_prompt: str | None = Field(
        None, description="put in front of a question to embed; without it, what the folder says"
    )
    passage_prompt: str | None = Field(None, description="the same for passages; a change embeds all anew")
    batch_tokens: int | None = Field(
        None, ge=256, description="padded tokens of one forward pass; without it 1024, on a GPU 16,384"
    )
    device: str = Field("cpu", description="where every model in this process computes")
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    threads: int = Field(0, ge=0, description="0 leaves the choice to torch")
    generator: Literal["extractive", "engine", "remote", "hf"] = Field(
        "extractive", description="`extractive` says only sentences that stand in the documents"
    )
    model: Path | None = Field(None, description="folder of the chat model, for `engine` and `hf`")
    adapter: str = Field("", description="the LoRA adapter that answers, of those in llm.engine.adapters")
    max_answer_tokens: int = Field(512, ge=16)
    max_answer_seconds: float = Field(120.0, gt=0)
    engine: EngineSettings = EngineSettings()
    remote: RemoteSettings = RemoteSettings()
    hf: HfSettings = HfSettings()

    @model_validator(mode="after")
    def _models_are_whole(self) -> Self:
        if self.generator in {"engine", "hf"} and self.model is None:
            raise ValueError(f"the generator `{self.generator}` needs a folder in llm.model")
        if self.generator != "remote" and self.adapter and self.adapter not in self.engine.adapters:
            raise ValueError(f"no adapter in llm.engine.adapters is called {self.adapter!r}")
        if self.generator == "hf" and self.adapter:
            raise ValueError("the generator `hf` switches no adapter; merge it into the model first")
        if is_url(self.embedder) and not (self.embedder_server.model and self.embedder_server.dimension):
            raise ValueError(
                "an embedder at a URL needs llm.embedder_server.model and llm.embedder_server.dimension"
            )
        if self.generator == "remote" and not self.remote.model:
            raise ValueError("the generator `remote` needs the served model's name in llm.remote.model")
        return self


class MilvusSettings(Group):
    """A Milvus server, where `retrieval.dense_index` is `milvus`."""

    url: str = Field("", description="as http://127.0.0.1:19530")
    token: SecretStr = SecretStr("")
    database: str = "default"
    collection: str = Field(
        "vademecum", pattern=r"^[A-Za-z_]\w{0,99}$", description="begins the name of everything there"
    )
    seconds: float = Field(10.0, gt=0, description="for one request")


class RetrievalSettings(Group):
    """Search and grounding."""

    candidates: int = Field(100, ge=1, le=1000, description="hits taken from each index")
    passages: int = Field(8, ge=1, le=50, description="passages shown to the generator")
    dense_weight: float = Field(0.5, ge=0, le=1)
    likeness_scale: float = Field(
        4.0,
        gt=0,
        description="a difference in likeness against one in BM25: more for embedders such as e5, "
        "whose likenesses lie close together",
    )
    reranked: int = Field(30, ge=1, le=200, description="passages that a reranker reads")
    dense_index: Literal["auto", "exact", "hnsw", "ivfpq", "torch", "milvus"] = Field(
        "auto", description="`auto` chooses by size and memory; `torch` looks at every vector, on llm.device"
    )
    dense_memory_bytes: int = Field(
        4 * 2**30, ge=0, description="memory of the dense index: with more chunks, vectors stay on the disk"
    )
    milvus: MilvusSettings = MilvusSettings()
    around_weight: float = Field(1.0, ge=0, description="a chunk's neighbours against itself in BM25")
    max_sentences: int = Field(3, ge=1, le=20)
    min_support: float = Field(0.36, ge=0, le=1, description="below it a question is refused")

    @model_validator(mode="after")
    def _server_is_named(self) -> Self:
        if self.dense_index == "milvus" and not self.milvus.url:
            raise ValueError("the dense index `milvus` needs a server in retrieval.milvus.url")
        return self


class NightSettings(Group):
    """The nightly run of `vade up`, and who is told when it, or `vade sync`, does not go well."""

    at: time | None = Field(None, description="local time, as 02:15; without it `vade up` syncs nothing")
    webhook: str = Field("", description="a URL that takes the report as JSON")
    mail_to: str = ""
    mail_from: str = "vademecum@localhost"
    smtp_host: str = "localhost"
    smtp_port: int = Field(25, ge=1, le=65535)


class ConnectorSettings(Group):
    """How sources on other machines are asked."""

    allow_networks: tuple[str, ...] = Field(
        (), description="networks besides the public internet that sources may be on, as 10.1.0.0/16"
    )
    user_agent: str = "vademecum"
    request_seconds: float = Field(60.0, gt=0, description="for one request, its content included")
    silence_seconds: float = Field(20.0, gt=0, description="longest pause within one")
    command_seconds: float = Field(900.0, gt=0, description="for one `git fetch`")
    loaders: tuple[str, ...] = Field(
        (), description="LangChain loaders that a source may name, as package.module:Class"
    )

    @field_validator("allow_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(network)) for network in networks)


Watching = Literal["events", "poll", "off"]


class IngestSettings(Group):
    """Ingestion."""

    night: NightSettings = NightSettings()
    watch: Watching = Field(
        "events", description="how `vade up` notices changed folders; `poll` also sees network drives"
    )
    connectors: ConnectorSettings = ConnectorSettings()

    chunk_tokens: int = Field(200, ge=32, le=8192)
    max_file_bytes: int = Field(256 * 2**20, ge=1)
    max_text_bytes: int = Field(64 * 2**20, ge=1)
    max_attempts: int = Field(3, ge=1, description="tries before a document is quarantined")
    retry_seconds: float = Field(60.0, gt=0, description="before the second try; doubled for each more")
    lease_seconds: float = Field(60.0, ge=1, description="a worker silent for so long has lost its work")
    fuse_share: float = Field(0.2, ge=0, le=1, description="a run that would remove more removes nothing")
    fuse_documents: int = Field(5, ge=0, description="so few may always be removed")
    gate_share: float = Field(
        0.1,
        ge=0,
        description="a run that brings more, against what is searchable, has to pass the golden questions",
    )
    golden_lost: int = Field(0, ge=0, description="golden questions that may break all the same")
    window_chunks: int = Field(128, ge=1, description="chunks embedded together, then committed")
    parser_processes: int = Field(2, ge=1, le=64, description="files read at once, each in its own process")
    parser_memory_bytes: int = Field(
        2**30, ge=256 * 2**20, description="memory of a process that reads files"
    )
    parser_cpu_seconds: int = Field(120, ge=1, description="computing time for one file")
    parser_wall_seconds: float = Field(300.0, gt=0, description="time by the clock for one file")


class ApiSettings(Group):
    """The HTTP edge. Requests act as `user` and `groups` until sign-in is configured."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    behind_proxy: bool = Field(
        False, description="a proxy or a container boundary keeps strangers out: listen on any address"
    )
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    user: str = Field(default_factory=current_user)
    groups: tuple[str, ...] = ()
    max_upload_bytes: int = Field(64 * 2**20, ge=1)
    max_concurrent_answers: int = Field(4, ge=1)
    max_waiting_answers: int = Field(32, ge=0)


class Settings(BaseSettings):
    """Everything that can be configured, from `VADE_…` variables and `vade.toml` in the data folder.

    A variable names groups and a key: `VADE_RETRIEVAL__MIN_SUPPORT=0.6`, `VADE_LLM__ENGINE__PAGES=512`.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__"
    )

    data_dir: Path = Path.home() / ".local" / "share" / "vademecum"
    database_url: str = Field("", description="empty: SQLite in the data folder")
    llm: LlmSettings = LlmSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    ingest: IngestSettings = IngestSettings()
    api: ApiSettings = ApiSettings()

    @property
    def sql_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'truth.db'}"


def load_settings(data_dir: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings in force: overrides, then environment, then `vade.toml`, then defaults.

    Raises: SettingsError naming the first key that is unknown or has a wrong value.
    """
    _refuse_unknown_variables()
    folder = data_dir or Path(os.environ.get("VADE_DATA_DIR") or Settings.model_fields["data_dir"].default)
    folder = folder.expanduser().absolute()

    class Located(Settings):
        """The settings of one data folder."""

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = TomlConfigSettingsSource(settings_cls, toml_file=folder / SETTINGS_FILE)
            return named["init_settings"], named["env_settings"], toml

    try:
        return Located(data_dir=folder, **overrides)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"setting {key!r}: {first['msg'].removeprefix('Value error, ')}") from error
    except (SettingsSourceError, tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"settings cannot be read: {error}") from error


def _refuse_unknown_variables() -> None:
    known = NOT_SETTINGS.union(_variables(Settings, ENVIRONMENT_PREFIX))
    for variable in sorted(os.environ):
        if variable.upper().startswith(ENVIRONMENT_PREFIX) and variable.upper() not in known:
            raise SettingsError(f"unknown setting {variable} in the environment")


def _variables(group: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the names that variables of a group and of the groups inside it may have."""
    for key, info in group.model_fields.items():
        name = f"{prefix}{key.upper()}"
        yield name
        if isinstance(info.annotation, type) and issubclass(info.annotation, Group):
            yield from _variables(info.annotation, f"{name}__")
