"""`/livez` and `/readyz`: whether the process runs, and whether questions can be answered."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter

from api.http.dependencies import Asker, Probing, Served

router = APIRouter()


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Report that the process runs; waits for no thread."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(app: Served, scope: Asker, probing: Probing) -> dict[str, Any]:
    """Report that questions can be answered, and how many documents the asker may read.

    Raises: NotReadyError if the database, an index or a model is missing.
    """
    documents = await to_thread.run_sync(app.readiness.check, scope, limiter=probing)
    return {"status": "ready", "documents": documents}
