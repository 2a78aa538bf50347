"""The configuration: one frozen model, made once at the edge and passed down."""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
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


class Group(BaseModel):
    """A folder's settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LlmSettings(Group):
    """Neural models."""

    embedder: str = Field("minilm", description="`minilm`, built in, or a sentence-transformers folder")
    device: str = "cpu"
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    threads: int = Field(0, ge=0, description="0 leaves the choice to torch")
    batch_tokens: int = Field(4096, ge=256, description="padded tokens of one forward pass")


class RetrievalSettings(Group):
    """Search and grounding."""

    candidates: int = Field(100, ge=1, le=1000, description="hits taken from each index")
    passages: int = Field(8, ge=1, le=50, description="passages shown to the generator")
    dense_weight: float = Field(0.5, ge=0, le=1)
    around_weight: float = Field(1.0, ge=0, description="a chunk's neighbours against itself in BM25")
    max_sentences: int = Field(3, ge=1, le=20)
    min_support: float = Field(0.3, ge=0, le=1, description="below it a question is refused")


class IngestSettings(Group):
    """Ingestion."""

    chunk_tokens: int = Field(200, ge=32, le=8192)
    max_file_bytes: int = Field(256 * 2**20, ge=1)
    max_text_bytes: int = Field(64 * 2**20, ge=1)
    window_chunks: int = Field(128, ge=1, description="chunks embedded together, then committed")


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

    A variable names a group and a key: `VADE_RETRIEVAL__MIN_SUPPORT=0.6`.
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
        raise SettingsError(f"setting {key!r}: {first['msg']}") from error
    except (SettingsSourceError, tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"settings cannot be read: {error}") from error


def _refuse_unknown_variables() -> None:
    known = set(NOT_SETTINGS)
    for name, info in Settings.model_fields.items():
        known.add(f"{ENVIRONMENT_PREFIX}{name.upper()}")
        group = info.annotation
        if isinstance(group, type) and issubclass(group, Group):
            known |= {f"{ENVIRONMENT_PREFIX}{name.upper()}__{key.upper()}" for key in group.model_fields}
    for variable in sorted(os.environ):
        if variable.upper().startswith(ENVIRONMENT_PREFIX) and variable.upper() not in known:
            raise SettingsError(f"unknown setting {variable} in the environment")
