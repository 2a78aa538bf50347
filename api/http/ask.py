"""`POST /v1/ask`: an answer with citations, whole or as a stream."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from api.http.dependencies import Asker, Bounded, Served
from api.http.stream import answer_events, answering, unless_gone
from api.http.wire import AskRequest, answer_json

router = APIRouter(prefix="/v1")


@router.post("/ask", response_model=None)
async def ask(
    body: AskRequest, request: Request, app: Served, gate: Bounded, scope: Asker
) -> dict[str, Any] | StreamingResponse:
    """Answer a question with citations, or refuse; `stream` gives server-sent events."""
    gate.check()  # refused here it is a 429; inside a stream it could only be an event
    if body.stream:
        events = answer_events(app.answerer, gate, body, scope)
        return StreamingResponse(events, media_type="text/event-stream")
    return answer_json(await gate.run(answering(app.answerer, body, scope, unless_gone(request))))
