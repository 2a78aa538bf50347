"""`POST /v1/search`: the passages that fit a question best."""

from functools import partial
from typing import Any

from fastapi import APIRouter

from api.http.dependencies import Bounded, Served
from api.http.identity.callers import Searching
from api.http.wire import SearchRequest, results_json

router = APIRouter(prefix="/v1")


@router.post("/search")
async def search(body: SearchRequest, app: Served, gate: Bounded, caller: Searching) -> dict[str, Any]:
    """Find the passages that fit a question best."""
    found = await gate.run(
        partial(app.searcher.look_up, body.question, caller.access, body.limit, within=body.filter.within)
    )
    return results_json(found)
