"""The configuration: one frozen model, made once at the edge and passed down."""

import os
import tomllib
from collections.abc import Iterator
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
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
from core.server_settings import (
    EmbedderServerSettings,
    Group,
    LegSettings,
    RerankerServerSettings,
    ServerSettings,
    is_url,
)

ENVIRONMENT_PREFIX = "VADE_"
# Variables with this prefix that are not settings: tests and benchmarks find public data sets by it.
NOT_SETTINGS = frozenset({"VADE_DATA"})
SETTINGS_FILE = "vade.toml"


class EngineSettings(Group):
    """The size and the limits of the engine in this process."""

    page_tokens: int = Field(32, ge=1, le=256, description="tokens in one KV page")
    memory_bytes: int = Field(
        0, ge=0, description="memory of the KV pages; 0: `memory_share` without the model, on a CPU 2 GiB"
    )
    memory_share: float = Field(0.9, gt=0, le=1, description="share of a GPU's memory for the engine")
    pages: int = Field(0, ge=0, description="number of KV pages; 0: as many as fit into the memory")
    kv_dtype: Literal["model", "int8"] = Field("model", description="KV pages in the model's type or int8")
    weights: Literal["model", "int8", "fp8"] = Field("model", description="weights as stored, or in 8 bits")
    kernels: Literal["auto", "triton", "torch"] = Field(
        "auto", description="`auto`: Triton's on a GPU that can run them, otherwise torch's"
    )
    graphs: bool = Field(True, description="on a GPU, replay decoding steps as CUDA graphs")
    max_step_tokens: int = Field(1024, ge=1, description="most tokens computed in one step")
    max_sequences: int = Field(64, ge=1, description="most requests generating at once")
    max_waiting: int = Field(256, ge=0, description="most requests waiting; more are refused")
    max_context_tokens: int = Field(0, ge=0, description="most tokens of prompt and answer; 0: as the model")
    share_prefixes: bool = Field(True, description="requests with equal beginnings share their KV pages")
    adapters: dict[str, Path] = Field(default_factory=dict, description="LoRA adapters by name")
    background_delay_seconds: float = Field(
        60.0, ge=0, description="added to a background request's arrival time when the line is ordered"
    )

    @model_validator(mode="after")
    def _room_for_every_sequence(self) -> Self:
        if self.max_step_tokens < self.max_sequences:
            raise ValueError("max_step_tokens must not be below max_sequences: each decodes one a step")
        return self


Dialect = Literal["openai", "vllm"]


class RemoteSettings(ServerSettings):
    """A model server that speaks OpenAI's protocol."""

    url: HttpUrl = Field(HttpUrl("http://127.0.0.1:8001/v1"), description="the URL up to /v1, included")
    dialect: Dialect = Field("openai", description="`vllm` also takes grammars, priorities and cache salts")
    max_context_tokens: int = Field(8192, ge=512, description="most tokens of prompt and answer")
    first_token_seconds: float = Field(90.0, gt=0, description="longest wait for the first token")


class HfSettings(Group):
    """The limits of the generator `hf`, which is plain `generate` of transformers."""

    max_batch: int = Field(8, ge=1, description="most requests generating at once")
    max_waiting: int = Field(32, ge=0, description="most requests waiting; more are refused")


# A name is part of the subject under which a verdict is stored, which has 16 characters.
LegName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,11}$")]


class LlmSettings(Group):
    """Neural models: embedder, reranker and generator."""

    embedder: str = Field(
        "minilm", description="`minilm` (built in), a sentence-transformers folder, or a server's URL"
    )
    embedder_server: EmbedderServerSettings = EmbedderServerSettings()
    legs: dict[LegName, LegSettings] = Field(
        default_factory=dict, description="embedders that search beside the first, by name"
    )
    reranker: str = Field("", description="a cross-encoder's folder or a server's URL; empty: none")
    reranker_server: RerankerServerSettings = RerankerServerSettings()
    entailment: str = Field(
        "", description="folder of a model that also checks each sentence against its source; empty: none"
    )
    question_prompt: str | None = Field(
        None, description="prefix of a question to embed; without it, the one in the model's folder"
    )
    passage_prompt: str | None = Field(None, description="the same for passages; a change embeds all again")
    batch_tokens: int | None = Field(
        None, ge=256, description="padded tokens of one forward pass; without it 1024, on a GPU 16,384"
    )
    device: str = Field("cpu", description="torch device of all models in this process")
    dtype: Literal["auto", "bfloat16", "float32"] = Field("auto", description="number type of chat models")
    threads: int = Field(0, ge=0, description="CPU threads; 0: as torch chooses")
    generator: Literal["extractive", "engine", "remote", "hf"] = Field(
        "extractive", description="`extractive` answers only with sentences of the documents"
    )
    model: Path | None = Field(None, description="the chat model's folder, for `engine` and `hf`")
    adapter: str = Field("", description="LoRA adapter in use, a name in llm.engine.adapters")
    max_answer_tokens: int = Field(512, ge=16, description="longest answer")
    max_answer_seconds: float = Field(120.0, gt=0, description="time limit for an answer")
    engine: EngineSettings = EngineSettings()
    remote: RemoteSettings = RemoteSettings()
    hf: HfSettings = HfSettings()

    @model_validator(mode="after")
    def _models_are_whole(self) -> Self:
        if self.generator in {"engine", "hf"} and self.model is None:
            raise ValueError(f"the generator `{self.generator}` needs the model's folder in llm.model")
        if self.generator != "remote" and self.adapter and self.adapter not in self.engine.adapters:
            raise ValueError(f"llm.engine.adapters has no adapter with the name {self.adapter!r}")
        if self.generator == "hf" and self.adapter:
            raise ValueError("the generator `hf` cannot use an adapter; merge it into the model first")
        if is_url(self.embedder) and not (self.embedder_server.model and self.embedder_server.dimension):
            raise ValueError(
                "an embedder at a URL needs llm.embedder_server.model and llm.embedder_server.dimension"
            )
        if self.generator == "remote" and not self.remote.model:
            raise ValueError("the generator `remote` needs the served model's name in llm.remote.model")
        return self


class MilvusSettings(Group):
    """The Milvus server, if `retrieval.dense_index` is `milvus`."""

    url: str = Field("", description="such as http://127.0.0.1:19530")
    token: SecretStr = SecretStr("")
    database: str = "default"
    collection: str = Field(
        "vademecum", pattern=r"^[A-Za-z_]\w{0,99}$", description="prefix of all names on the server"
    )
    seconds: float = Field(10.0, gt=0, description="time limit for a request")


class RetrievalSettings(Group):
    """Search, and the checks of an answer against its passages."""

    candidates: int = Field(100, ge=1, le=1000, description="hits taken from each index")
    passages: int = Field(8, ge=1, le=50, description="passages shown to the generator")
    supersession_sources: tuple[str, ...] = Field(
        (),
        description="URIs of sources whose documents may supersede those of any source, not only their own",
    )
    dense_weight: float = Field(0.5, ge=0, le=1, description="weight of the vectors; words have the rest")
    likeness_scale: float = Field(
        4.0,
        gt=0,
        description="weight of a difference in cosine similarity against one in BM25; higher for embedders "
        "such as e5, whose similarities lie close together",
    )
    reranked: int = Field(30, ge=1, le=200, description="passages that a reranker reads")
    rerank_weight: float = Field(0.3, ge=0, le=1, description="share of its score; the search has the rest")
    dense_index: Literal["auto", "exact", "hnsw", "ivfpq", "torch", "milvus"] = Field(
        "auto", description="`auto` chooses by size and memory; `torch` compares all vectors, on llm.device"
    )
    dense_memory_bytes: int = Field(
        4 * 2**30, ge=0, description="memory of the dense index; if it is exceeded, vectors stay on the disk"
    )
    milvus: MilvusSettings = MilvusSettings()
    around_weight: float = Field(1.0, ge=0, description="weight of a chunk's neighbours in its BM25 score")
    answer_words: int = Field(200, ge=40, le=400, description="most words of an extractive answer, about")
    min_support: float = Field(0.45, ge=0, le=1, description="support below which a question is refused")

    @model_validator(mode="after")
    def _server_is_named(self) -> Self:
        if self.dense_index == "milvus" and not self.milvus.url:
            raise ValueError("the dense index `milvus` needs a server's URL in retrieval.milvus.url")
        return self


class NightSettings(Group):
    """The nightly run of `vade up`, and the reports of its problems and those of `vade sync`."""

    at: time | None = Field(None, description="local time, such as 02:15; without it there is no run")
    webhook: str = Field("", description="URL to which the report is posted as JSON")
    mail_to: str = Field("", description="address to which the report is mailed; empty: no mail")
    mail_from: str = "vademecum@localhost"
    smtp_host: str = "localhost"
    smtp_port: int = Field(25, ge=1, le=65535)


class ConnectorSettings(Group):
    """The access to sources on other machines."""

    allow_networks: tuple[str, ...] = Field(
        (), description="private networks on which sources may be, such as 10.1.0.0/16"
    )
    user_agent: str = "vademecum"
    request_seconds: float = Field(60.0, gt=0, description="time limit for a request and its content")
    silence_seconds: float = Field(20.0, gt=0, description="longest pause within a request")
    command_seconds: float = Field(900.0, gt=0, description="time limit for a `git fetch`")
    loaders: tuple[str, ...] = Field(
        (), description="LangChain loaders that a source may use, as package.module:Class"
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

    chunk_tokens: int = Field(200, ge=32, le=8192, description="approximate length of a chunk")
    max_file_bytes: int = Field(256 * 2**20, ge=1, description="size above which a file is not read")
    max_text_bytes: int = Field(64 * 2**20, ge=1, description="size of text above which a file fails")
    max_attempts: int = Field(3, ge=1, description="tries before a document is quarantined")
    retry_seconds: float = Field(60.0, gt=0, description="pause before the second try; doubled each time")
    lease_seconds: float = Field(60.0, ge=1, description="silence after which a worker loses its jobs")
    fuse_share: float = Field(
        0.2, ge=0, le=1, description="a run that would delete a larger share of its source deletes nothing"
    )
    fuse_documents: int = Field(5, ge=0, description="deletions that are always allowed")
    gate_share: float = Field(
        0.1,
        ge=0,
        description="a run that brings more, as a share of the searchable documents, has to pass the golden "
        "questions",
    )
    golden_lost: int = Field(0, ge=0, description="golden questions that may break nevertheless")
    window_chunks: int = Field(128, ge=1, description="chunks embedded together, then committed")
    parser_processes: int = Field(2, ge=1, le=64, description="files read at once, each in its own process")
    parser_memory_bytes: int = Field(
        2**30, ge=256 * 2**20, description="memory limit of a process that reads files"
    )
    parser_cpu_seconds: int = Field(120, ge=1, description="CPU time limit for a file")
    parser_wall_seconds: float = Field(300.0, gt=0, description="wall time limit for a file")


class ApiSettings(Group):
    """The HTTP server."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    behind_proxy: bool = Field(
        False, description="a proxy or container controls the access, so that any `host` is allowed"
    )
    hosts: tuple[str, ...] = Field(
        ("127.0.0.1", "localhost", "[::1]"), description="names in the Host header that are accepted"
    )
    sign_in: bool = Field(
        False, description="people sign in and programs send keys; otherwise every request is made as `user`"
    )
    session_hours: float = Field(12.0, gt=0, le=720, description="how long somebody stays signed in")
    user: str = Field(default_factory=current_user, description="who asks, without sign-in")
    groups: tuple[str, ...] = Field((), description="and as a member of these groups")
    max_upload_bytes: int = Field(64 * 2**20, ge=1, description="size above which an upload is refused")
    max_waiting_uploads: int = Field(200, ge=1, description="most uploads waiting; more are refused")
    max_waiting_upload_bytes: int = Field(2**30, ge=1, description="most bytes of uploads waiting")
    request_seconds: float = Field(
        30.0, gt=0, description="time limit for a request's head, and for each quarter megabyte of its body"
    )
    max_concurrent_answers: int = Field(4, ge=1, description="most questions answered at once")
    max_waiting_answers: int = Field(32, ge=0, description="most questions waiting; more are refused")


class Settings(BaseSettings):
    """All settings, from `VADE_…` variables and `vade.toml` in the data folder.

    A variable names groups and a key: `VADE_RETRIEVAL__MIN_SUPPORT=0.6`, `VADE_LLM__ENGINE__PAGES=512`.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__"
    )

    data_dir: Path = Path.home() / ".local" / "share" / "vademecum"  # database, indexes, vade.toml
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
    """Return the settings: overrides first, then the environment, then `vade.toml`, then defaults.

    Raises: SettingsError with the first key that is unknown or has a wrong value.
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
    """Yield the names of the variables for a group and for the groups inside it."""
    for key, info in group.model_fields.items():
        name = f"{prefix}{key.upper()}"
        yield name
        if isinstance(info.annotation, type) and issubclass(info.annotation, Group):
            yield from _variables(info.annotation, f"{name}__")
