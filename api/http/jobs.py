"""`/v1/jobs`: what became of an upload."""

from typing import Any

from fastapi import APIRouter

from api.http.dependencies import Served
from api.http.identity.callers import Writing
from api.http.wire import job_json

router = APIRouter(prefix="/v1/jobs")


@router.get("/{job_id}")
def job(job_id: int, app: Served, caller: Writing) -> dict[str, Any]:
    """Show the job of one of the asker's own uploads, until a day after its end."""
    return job_json(app.uploads.find(job_id, caller.access))
