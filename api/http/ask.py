"""`POST /v1/ask`: an answer with citations, whole or as a stream."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from api.http.dependencies import Bounded, Served
from api.http.identity.callers import Asking, Shown
from api.http.stream import Answering, answer_events, unless_gone
from api.http.wire import AskRequest, answer_json

router = APIRouter(prefix="/v1")


@router.post("/ask", response_model=None)
async def ask(
    body: AskRequest, request: Request, app: Served, gate: Bounded, caller: Asking, shown: Shown
) -> dict[str, Any] | StreamingResponse:
    """Answer a question with citations, or refuse; `stream` gives server-sent events.

    What the caller may read is looked up again at each event: an answer stops if it was less meanwhile.
    """
    gate.check()  # refused here it is a 429; inside a stream it could only be an event
    confirm = partial(app.callers.confirm, caller, shown)
    answering = Answering(answerer=app.answerer, asked=body, access=caller.access, confirm=confirm)
    if body.stream:
        return StreamingResponse(answer_events(gate, answering), media_type="text/event-stream")
    return answer_json(await gate.run(answering.answer, unless_gone(request)))
