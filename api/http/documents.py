"""`/v1/documents`: uploading a file, listing documents, and the text around a citation."""

from dataclasses import asdict
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import JSONResponse

from api.http.dependencies import Accepting, Served
from api.http.identity.callers import Reading, Writing
from api.http.wire import document_json, job_json
from retrieval.documents import list_documents, read_cited_text, read_document

router = APIRouter(prefix="/v1/documents")


@router.post("", status_code=202)
async def upload(
    app: Served,
    accepting: Accepting,
    caller: Writing,
    file: Annotated[UploadFile, File()],
    public: Annotated[bool, Form()] = False,
) -> JSONResponse:
    """Accept a file to be read; the asker may read it, or with `public` everybody.

    The answer is its job, at `Location`, which says what became of it.
    """
    name, accept = file.filename or "", app.uploads.accept
    entry = await to_thread.run_sync(accept, caller.user, name, file.file, public, limiter=accepting)
    return JSONResponse(job_json(entry), 202, headers={"Location": f"/v1/jobs/{entry.id}"})


@router.get("")
def documents(
    app: Served, caller: Reading, after: int = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> dict[str, Any]:
    """List the documents that the asker may read, in order of id; `next` goes on behind the last."""
    page = list_documents(app.database, caller.access, after, limit)
    return {"documents": [document_json(entry) for entry in page.entries], "next": page.next}


@router.get("/{document_id}")
def document(document_id: int, app: Served, caller: Reading) -> dict[str, Any]:
    """Show one document's entry."""
    return document_json(read_document(app.database, caller.access, document_id))


@router.get("/{document_id}/text")
def cited_text(
    document_id: int, version: int, start: int, end: int, app: Served, caller: Reading
) -> dict[str, Any]:
    """Show the page that a citation stands on, parted at the cited span."""
    return asdict(read_cited_text(app.database, caller.access, document_id, version, (start, end)))
