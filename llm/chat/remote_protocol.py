"""The OpenAI chat protocol as values: the body of a request, and the events of an answer."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

from core.errors import ModelUnavailableError, RequestTooLongError
from core.settings import Dialect
from llm.engine.request import Delta, Finish, FinishReason, Guide, GuideKind, Usage
from llm.engine.text.conversation import ChatRequest

MAX_EVENT_BYTES = 2**20
_ENDS = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
# As vLLM, llama.cpp, SGLang, TGI and OpenAI word it.
_TOO_LONG = re.compile(
    r"context.{0,12}(?:length|size|window)|exceed_context|\"too_long\""
    r"|(?:prompt|input).{0,30}too (?:long|large)"
    r"|too many tokens|longer than the (?:maximum|model)|`inputs` (?:tokens|must have)",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt)|roles? must alternate|role.{0,20}system", re.IGNORECASE
)


def body(request: ChatRequest, model: str, dialect: Dialect) -> dict[str, Any]:
    """Return the JSON of a request; options that only vLLM understands are left out for other dialects."""
    sampling = request.sampling
    content: dict[str, Any] = {
        "model": request.adapter or model,
        "messages": [{"role": turn.role, "content": turn.content} for turn in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "seed": sampling.seed,
    }
    if sampling.stop:
        content["stop"] = list(sampling.stop)
    if request.guide is not None:
        content |= _guide(request.guide, dialect)
    if dialect == "vllm":
        content |= {
            "top_k": sampling.top_k or -1,
            "min_p": sampling.min_p,
            "repetition_penalty": sampling.repetition_penalty,
            "priority": int(request.priority),
        }
        content |= {"cache_salt": request.salt} if request.salt else {}
    return content


def _guide(guide: Guide, dialect: Dialect) -> dict[str, Any]:
    if guide.kind is GuideKind.JSON_SCHEMA:
        schema = {"name": "answer", "strict": True, "schema": json.loads(guide.source)}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if dialect == "openai":
        return {}
    kind = "regex" if guide.kind is GuideKind.REGEX else "grammar"
    return {"structured_outputs": {kind: guide.source}}


def overflow(error: Exception) -> RequestTooLongError | None:
    """Return the error that a server's refusal means if the prompt is too long for it; None for others."""
    return RequestTooLongError(str(error)) if _TOO_LONG.search(str(error)) else None


def refuses_system(error: Exception, request: ChatRequest) -> bool:
    """Return whether a server may have refused a request because of its system message."""
    has = any(message.role == "system" for message in request.messages)
    return has and bool(_NO_SYSTEM.search(str(error)))


def names_in(response: httpx.Response) -> list[str]:
    """Return the names of the models that a server lists; empty if it lists none. Raises: as `_object`."""
    listed = _object(response.text).get("data")
    found = [one.get("id") for one in listed or [] if isinstance(one, dict)]
    return [str(name) for name in found if name]


def read_answer(chunks: Iterable[bytes | None]) -> Iterator[Delta | Finish]:
    """Yield the deltas in a stream of server-sent events, then the finish.

    What the model thinks, in a field of its own, is left out; for that, and where nothing arrives (None), an
    empty delta is given.

    Raises: ModelUnavailableError if the stream is malformed, reports an error or breaks off.
    """
    reason: FinishReason | None = None
    usage = Usage()
    for event in _events(chunks):
        if event is None:
            yield Delta()
            continue
        if event == "[DONE]":
            break
        said = _object(event)
        if said.get("error"):
            raise ModelUnavailableError(f"the model server reports: {str(said['error'])[:300]}")
        usage = _usage(said.get("usage")) or usage
        for choice in said.get("choices") or []:
            delta = choice.get("delta") or {}
            if delta.get("content") or delta.get("reasoning_content") or delta.get("reasoning"):
                yield Delta(str(delta.get("content") or ""))
            reason = _ENDS.get(choice.get("finish_reason"), reason)
    if reason is None:
        raise ModelUnavailableError("the answer of the model server broke off")
    yield Finish(reason, usage)


def _events(chunks: Iterable[bytes | None]) -> Iterator[str | None]:
    """Yield the data of each event, and each None; comments and other fields are skipped."""
    rest = b""
    for chunk in chunks:
        if chunk is None:
            yield None
            continue
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_EVENT_BYTES:
            raise ModelUnavailableError(f"the model server sent a line of more than {MAX_EVENT_BYTES} bytes")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].decode("utf-8", "replace").strip()


def _object(event: str) -> dict[str, Any]:
    try:
        said = json.loads(event)
    except ValueError as error:
        raise ModelUnavailableError(f"the model server sent invalid JSON: {event[:100]!r}") from error
    if not isinstance(said, dict):
        raise ModelUnavailableError(f"the model server sent JSON that is not an object: {event[:100]!r}")
    return said


def _usage(said: Any) -> Usage | None:
    if not isinstance(said, dict):
        return None
    details = said.get("prompt_tokens_details") or {}
    return Usage(
        int(said.get("prompt_tokens") or 0),
        int(details.get("cached_tokens") or 0),
        int(said.get("completion_tokens") or 0),
    )
