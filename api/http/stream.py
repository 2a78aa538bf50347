"""An answer as server-sent events, while it is written."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from typing import Any

import anyio
import structlog
from anyio import from_thread
from anyio.streams.memory import MemoryObjectSendStream
from starlette.requests import Request

from api.http.gate import Gate
from api.http.wire import AskRequest, answer_json, error_json, passage_json, sentence_json, shape_json
from core.errors import AbandonedError, VadeError
from core.values.answers import Answer
from core.values.search import AccessScope
from retrieval.answer import Answerer
from retrieval.writing.events import Found, OnAnswerEvent, Said, Writing

log = structlog.get_logger()

# Events held for a reader that is slower than the answer; then the answer waits for the reader.
_BUFFERED = 64

Event = tuple[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The work of answering a request."""

    answerer: Answerer
    asked: AskRequest
    access: AccessScope
    """What the caller may read."""
    confirm: Callable[[], None]
    """Raises UnauthenticatedError if the caller may no longer read that much."""

    def answer(self, on_event: OnAnswerEvent) -> Answer:
        """Return the answer; the caller is confirmed before each event and at the end."""

        def confirmed(event: Found | Said | Writing) -> None:
            self.confirm()
            on_event(event)

        asked = self.asked
        answer = self.answerer.answer(
            asked.question, self.access, confirmed, asked.turns, within=asked.filter.within
        )
        self.confirm()
        return answer


async def answer_events(gate: Gate, answering: Answering) -> AsyncIterator[str]:
    """Yield `meta`, `source`…, `token` and `citation`…, then `done` with the whole answer, or `error`.

    A reader that disconnects stops the work, even in the middle of a sentence.
    """
    yield _event("meta", {"question": answering.asked.question})
    send, receive = anyio.create_memory_object_stream[Event](_BUFFERED)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_work, gate, answering, send)
        async with receive:
            async for name, data in receive:
                yield _event(name, data)


async def _work(gate: Gate, answering: Answering, send: MemoryObjectSendStream[Event]) -> None:
    writer = _StreamWriter(send)
    async with send:
        try:
            answer = await gate.run(answering.answer, writer.write)
            await send.send(("done", answer_json(answer)))
        except VadeError as error:
            await send.send(("error", error_json(error.code, str(error))["error"]))
        except Exception:
            log.exception("ask.failed")
            await send.send(
                ("error", error_json("internal", "The answer failed; nothing was kept.")["error"])
            )


def unless_gone(request: Request) -> OnAnswerEvent:
    """Return a callback that stops an answer, in its own thread, when the asker has hung up.

    The callback raises AbandonedError then.
    """

    def check(event: Found | Said | Writing) -> None:
        if from_thread.run(request.is_disconnected):
            raise AbandonedError()

    return check


class _StreamWriter:
    """Passes the events of an answer from its thread to the stream."""

    def __init__(self, send: MemoryObjectSendStream[Event]) -> None:
        self._send = send
        self._citations = 0

    def write(self, event: Found | Said | Writing) -> None:
        from_thread.check_cancelled()
        if isinstance(event, Writing):
            return
        if isinstance(event, Found):
            for passage in event.passages:
                self._pass("source", passage_json(passage))
            return
        self._pass("token", {**sentence_json(event.sentence), "shape": shape_json(event.shape)})
        for citation in event.new_citations:
            self._pass("citation", {"index": self._citations, **asdict(citation)})
            self._citations += 1

    def _pass(self, name: str, data: Any) -> None:
        from_thread.run(self._send.send, (name, data))


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
