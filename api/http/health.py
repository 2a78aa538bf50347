"""`/livez` and `/readyz`: whether the process runs, and whether questions can be answered."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter

from api.http.dependencies import Probing, Served
from api.http.identity.callers import Anybody
from core.permissions import scope_of

router = APIRouter()


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Report that the process runs; waits for no thread."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(app: Served, caller: Anybody, probing: Probing) -> dict[str, Any]:
    """Report that questions can be answered, and to somebody signed in how many documents they may read.

    Raises: NotReadyError if the database, an index or a model is missing.
    """
    access = caller.access if caller else scope_of(None)
    documents = await to_thread.run_sync(app.readiness.check, access, limiter=probing)
    return {"status": "ready", **({"documents": documents} if caller else {})}
