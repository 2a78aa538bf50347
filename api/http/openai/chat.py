"""`POST /v1/chat/completions`: a question in OpenAI's protocol, answered with citations."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from api.app import App
from api.http.dependencies import Bounded, Served
from api.http.gate import Gate
from api.http.identity.callers import Asking, Shown
from api.http.openai.answer_writer import AnswerWriter, CitationMark
from api.http.openai.wire import MODEL, ChatRequest
from api.http.stream import Answering, progress, unless_gone
from api.http.wire import answer_json, error_json
from core.values.answers import Answer, Citation
from retrieval.writing.events import Found, Said, Writing

router = APIRouter(prefix="/v1")


@router.post("/chat/completions", response_model=None)
async def complete(
    body: ChatRequest, request: Request, app: Served, gate: Bounded, caller: Asking, shown: Shown
) -> dict[str, Any] | StreamingResponse:
    """Answer the last message from the documents; the marks `[1]` and the annotations name the proofs.

    The whole answer, as `/v1/ask` gives it, stands under `vademecum`.
    """
    gate.check()
    confirm = partial(app.callers.confirm, caller, shown)
    answering = Answering(answerer=app.answerer, asked=body.asked(), access=caller.access, confirm=confirm)
    completion = _Completion(app, body, str(request.base_url))
    if body.stream:
        return StreamingResponse(completion.chunks(gate, answering), media_type="text/event-stream")
    gone, writer = unless_gone(request), AnswerWriter()

    def written(event: Found | Said | Writing) -> None:
        gone(event)
        if isinstance(event, Said):
            writer.say(event)

    answer = await gate.run(answering.answer, written)
    writer.end(answer)
    return completion.whole(answer, writer)


class _Completion:
    """The responses to one request, which share an id and a time."""

    def __init__(self, app: App, body: ChatRequest, base_url: str) -> None:
        self._app = app
        self._body = body
        self._base_url = base_url
        self._common = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": MODEL,
        }

    def whole(self, answer: Answer, writer: AnswerWriter) -> dict[str, Any]:
        """Return the response that is not streamed."""
        annotations = [self._annotation(mark, answer.citations) for mark in writer.marks]
        message = {
            "role": "assistant",
            "content": writer.text,
            "refusal": None,
            "annotations": annotations,
        }
        return {
            **self._common,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": self._usage(writer.text),
            "vademecum": answer_json(answer),
        }

    async def chunks(self, gate: Gate, answering: Answering) -> AsyncIterator[str]:
        """Yield the chunks of a stream, each as a server-sent event."""
        yield self._chunk({"role": "assistant", "content": ""})
        writer = AnswerWriter()
        async for one in progress(gate, answering):
            if isinstance(one, Said):
                yield self._chunk({"content": writer.say(one)})
            elif isinstance(one, Answer):
                yield self._chunk({"content": writer.end(one)})
                annotations = [self._annotation(mark, one.citations) for mark in writer.marks]
                yield self._chunk({"annotations": annotations}, "stop", vademecum=answer_json(one))
            elif not isinstance(one, Found):
                yield _event(error_json(one.code, str(one)))
                return
        if self._body.stream_options.include_usage:
            yield self._chunk(None, usage=self._usage(writer.text))
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: Mapping[str, Any] | None, finish: str | None = None, **more: Any) -> str:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        return _event({**self._common, "object": "chat.completion.chunk", "choices": choices, **more})

    def _annotation(self, mark: CitationMark, citations: Sequence[Citation]) -> dict[str, Any]:
        cited = citations[mark.citation]
        start, end = cited.span
        place = f"v1/documents/{cited.document_id}/text?version={cited.version}&start={start}&end={end}"
        where = {"start_index": mark.start, "end_index": mark.end, "title": cited.title}
        return {"type": "url_citation", "url_citation": {**where, "url": self._base_url + place}}

    def _usage(self, text: str) -> dict[str, int]:
        """Return how many tokens the embedder's tokenizer counts."""
        count = self._app.indexes.embedder.tokenizer.count
        read, written = sum(count([one.text for one in self._body.messages])), sum(count([text]))
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
