"""`/livez` and `/readyz`: whether the process runs, and whether questions can be answered."""

from typing import Any

from fastapi import APIRouter

from api.http.dependencies import Asker, Served

router = APIRouter()


@router.get("/livez")
def livez() -> dict[str, str]:
    """Report that the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(app: Served, scope: Asker) -> dict[str, Any]:
    """Report that questions can be answered, and how many documents the asker may read.

    Raises: NotReadyError if the database, an index or a model is missing.
    """
    return {"status": "ready", "documents": app.readiness.check(scope)}
