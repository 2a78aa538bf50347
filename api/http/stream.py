"""An answer as server-sent events, while it is written."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
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

Progress = Found | Said | Answer | VadeError
"""A step of an answer; the last one is the answer, or why there is none."""


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
    """Yield `meta`, `source`…, `token` and `citation`…, then `done` with the whole answer, or `error`."""
    yield _event("meta", {"question": answering.asked.question})
    cited = count()
    async for one in progress(gate, answering):
        for name, data in _named(one, cited):
            yield _event(name, data)


def _named(one: Progress, cited: Iterator[int]) -> Iterator[tuple[str, Any]]:
    """Yield the events of a step of an answer, each with its name."""
    if isinstance(one, Found):
        yield from (("source", passage_json(passage)) for passage in one.passages)
    elif isinstance(one, Said):
        yield "token", {**sentence_json(one.sentence), "shape": shape_json(one.shape)}
        yield from (("citation", {"index": next(cited), **asdict(new)}) for new in one.new_citations)
    elif isinstance(one, Answer):
        yield "done", answer_json(one)
    else:
        yield "error", error_json(one.code, str(one))["error"]


async def progress(gate: Gate, answering: Answering) -> AsyncIterator[Progress]:
    """Yield what was found, each sentence as it is said, and in the end the answer or why there is none.

    A reader that disconnects stops the work, even in the middle of a sentence.
    """
    send, receive = anyio.create_memory_object_stream[Progress](_BUFFERED)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_work, gate, answering, send)
        async with receive:
            async for one in receive:
                yield one


async def _work(gate: Gate, answering: Answering, send: MemoryObjectSendStream[Progress]) -> None:
    def pass_on(event: Found | Said | Writing) -> None:
        from_thread.check_cancelled()
        if not isinstance(event, Writing):
            from_thread.run(send.send, event)

    async with send:
        try:
            await send.send(await gate.run(answering.answer, pass_on))
        except VadeError as error:
            await send.send(error)
        except Exception:
            log.exception("ask.failed")
            await send.send(VadeError("The answer failed; nothing was kept."))


def unless_gone(request: Request) -> OnAnswerEvent:
    """Return a callback that stops an answer, in its own thread, when the asker has hung up.

    The callback raises AbandonedError then.
    """

    def check(event: Found | Said | Writing) -> None:
        if from_thread.run(request.is_disconnected):
            raise AbandonedError()

    return check


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
