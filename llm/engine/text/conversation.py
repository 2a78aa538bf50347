"""A conversation as the neural back ends take it, and what they give back."""

from dataclasses import dataclass, field
from typing import Literal

from llm.engine.request import Guide, Priority, Sampling


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A conversation to continue. `salt` names who may share its prefix, empty for nobody.

    `timeout_seconds` bounds the whole answer, waiting included.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    guide: Guide | None = None
    adapter: str = ""
    salt: str = ""
    priority: Priority = Priority.INTERACTIVE
    timeout_seconds: float = 120.0
