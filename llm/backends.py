"""Which neural back end writes the answers, chosen in settings."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from core.settings import Group
from llm.engine.config import EngineSettings
from llm.engine.loader import open_engine
from llm.hf import HfSettings, open_hf
from llm.neural import AnswerLimits, ChatModel, NeuralGenerator
from llm.remote import RemoteChat, RemoteSettings


class NeuralSettings(Group):
    """The chat model and its back end; `folder` matters to `engine` and `hf`, `remote` to `remote`."""

    backend: Literal["engine", "remote", "hf"] = "engine"
    folder: Path = Path()
    device: str = "cpu"
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    max_answer_tokens: int = Field(512, ge=16)
    timeout_seconds: float = Field(120.0, gt=0)
    engine: EngineSettings = EngineSettings()
    remote: RemoteSettings = RemoteSettings()
    hf: HfSettings = HfSettings()


def open_chat(settings: NeuralSettings) -> ChatModel:
    """Return the chat model that the settings name; close it at the end.

    Raises: ModelError if it cannot be loaded; a remote server is not asked yet.
    """
    if settings.backend == "remote":
        return RemoteChat(settings.remote)
    if settings.backend == "hf":
        return open_hf(settings.folder, settings.hf, settings.device, settings.dtype)
    return open_engine(settings.folder, settings.engine, settings.device, settings.dtype)


def open_generator(settings: NeuralSettings) -> NeuralGenerator:
    """Return a generator over that chat model. Raises: as `open_chat`."""
    limits = AnswerLimits(settings.max_answer_tokens, settings.timeout_seconds)
    return NeuralGenerator(open_chat(settings), limits)
