"""A conversation as the chat models take it."""

from dataclasses import dataclass, field, replace
from typing import Literal

from llm.engine.request import Guide, Priority, Sampling


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A conversation to continue."""

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    guide: Guide | None = None  # the grammar of the answer, if it has one
    adapter: str = ""  # a loaded adapter's name; empty for the model alone
    salt: str = ""  # requests of equal salt share their prefixes; with an empty one, none does
    priority: Priority = Priority.INTERACTIVE
    timeout_seconds: float = 120.0  # for the whole answer, waiting included


def without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return a conversation whose system messages stand at the head of its first turn."""
    rules = [one.content for one in messages if one.role == "system"]
    first, *later = [one for one in messages if one.role != "system"]
    return (replace(first, content="\n\n".join([*rules, first.content])), *later)
