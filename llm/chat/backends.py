"""The chat model that the settings choose, and the generator over it."""

from pathlib import Path

from core.settings import LlmSettings
from llm.chat.hf import open_hf
from llm.chat.neural import AnswerOptions, ChatModel, NeuralGenerator
from llm.chat.remote import RemoteChat
from llm.engine.loader import open_engine


def open_neural(settings: LlmSettings) -> NeuralGenerator:
    """Return a generator over the chat model that the settings name. Raises: as `open_chat`."""
    options = AnswerOptions(settings.max_answer_tokens, settings.max_answer_seconds, settings.adapter)
    return NeuralGenerator(open_chat(settings), options)


def open_chat(settings: LlmSettings) -> ChatModel:
    """Return the chat model that the settings name; the caller closes it.

    Raises: ModelError if it cannot be loaded. A remote server is contacted only by the first question.
    """
    if settings.generator == "remote":
        return RemoteChat(settings.remote)
    folder = (settings.model or Path()).expanduser()
    if settings.generator == "hf":
        return open_hf(folder, settings.hf, settings.device, settings.dtype)
    return open_engine(folder, settings.engine, settings.device, settings.dtype)
