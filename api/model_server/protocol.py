"""OpenAI's chat protocol from the server's side: requests as values, answers as JSON."""

import json
import time
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from core.errors import RequestInvalidError
from llm.engine.request import Delta, Finish, FinishReason, Guide, GuideKind, Priority, Sampling, Usage
from llm.engine.text.conversation import ChatRequest, Message

MAX_MESSAGES = 200
_ENDS = {FinishReason.STOP: "stop", FinishReason.LENGTH: "length"}
# What would change the answer, and is not done here.
_UNSUPPORTED = ("tools", "functions", "logprobs", "logit_bias", "audio")


class _Part(BaseModel):
    """A part of a message's content; only text is taken."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """A turn of the conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | tuple[_Part, ...] = ""

    @property
    def turn(self) -> Message:
        """The turn as the engine takes it."""
        text = self.content if isinstance(self.content, str) else "".join(one.text for one in self.content)
        return Message("system" if self.role == "developer" else self.role, text)


class StreamOptions(BaseModel):
    """What a stream says beside its text."""

    include_usage: bool = False


class ChatCompletionRequest(BaseModel):
    """The body of `POST /v1/chat/completions`; keys that change no answer here are passed over."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str
    messages: Annotated[tuple[ChatMessage, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: str | tuple[str, ...] | None = None
    n: int | None = None
    response_format: dict[str, Any] | None = None
    structured_outputs: dict[str, Any] | None = None
    priority: int = 0
    cache_salt: str = ""

    def conversation(self, default_tokens: int, timeout_seconds: float, adapter: str) -> ChatRequest:
        """Return the request as the engine takes it. Raises: RequestInvalidError."""
        given = [key for key in _UNSUPPORTED if (self.model_extra or {}).get(key)]
        if given or (self.n or 1) != 1:
            raise RequestInvalidError(f"not supported: {', '.join(given) or 'more than one choice'}")
        return ChatRequest(
            messages=tuple(one.turn for one in self.messages),
            sampling=self._sampling(default_tokens),
            guide=self._guide(),
            adapter=adapter,
            salt=self.cache_salt,
            priority=Priority.BACKGROUND if self.priority > 0 else Priority.INTERACTIVE,
            timeout_seconds=timeout_seconds,
        )

    def _sampling(self, default_tokens: int) -> Sampling:
        stop = (self.stop,) if isinstance(self.stop, str) else self.stop or ()
        return Sampling(
            max_tokens=self.max_completion_tokens or self.max_tokens or default_tokens,
            temperature=1.0 if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            top_k=max(0, self.top_k or 0),
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            presence_penalty=self.presence_penalty or 0.0,
            frequency_penalty=self.frequency_penalty or 0.0,
            seed=int(time.time_ns() % 2**31) if self.seed is None else self.seed,
            stop=stop,
        )

    def _guide(self) -> Guide | None:
        wanted, outputs = self.response_format or {}, self.structured_outputs or {}
        kind = wanted.get("type", "text")
        if kind == "json_schema":
            schema = wanted.get("json_schema", {}).get("schema", {})
            return Guide(GuideKind.JSON_SCHEMA, json.dumps(schema))
        if kind != "text":
            raise RequestInvalidError(f"the response format {kind!r} is not supported; give a json_schema")
        for name, guide in (("grammar", GuideKind.LARK), ("regex", GuideKind.REGEX)):
            if outputs.get(name):
                return Guide(guide, str(outputs[name]))
        return None


class Completion:
    """The identity of one answer, and its JSON."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = f"chatcmpl-{uuid4().hex}"
        self._created = int(time.time())

    def whole(self, text: str, finish: Finish) -> dict[str, Any]:
        """Return the answer as one document."""
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": _ENDS[finish.reason]}
        return {**self._head("chat.completion"), "choices": [choice], "usage": _usage(finish.usage)}

    def chunk(self, part: Delta | Finish, is_first: bool) -> dict[str, Any]:
        """Return a piece of a stream."""
        delta = {"role": "assistant", "content": ""} if is_first else {}
        reason = None
        if isinstance(part, Finish):
            reason = _ENDS[part.reason]
        else:
            delta["content"] = part.text
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def usage(self, finish: Finish) -> dict[str, Any]:
        """Return the last piece of a stream that was asked to count its tokens."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(finish.usage)}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}


def models_json(names: tuple[str, ...], context_tokens: int) -> dict[str, Any]:
    """Return the list of models that can be asked."""
    owner = {"object": "model", "created": 0, "owned_by": "vademecum", "max_model_len": context_tokens}
    return {"object": "list", "data": [{"id": name, **owner} for name in names]}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }
