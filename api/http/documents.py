"""`/v1/documents`: uploading a file, listing documents, and the text around a citation."""

from dataclasses import asdict
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import JSONResponse

from api.http.dependencies import Asker, Served
from api.http.wire import document_json
from ingest.run.report import Outcome
from retrieval.documents import list_documents, read_cited_text, read_document

router = APIRouter(prefix="/v1/documents")


@router.post("", status_code=201)
async def upload(
    app: Served,
    file: Annotated[UploadFile, File()],
    public: Annotated[bool, Form()] = False,
) -> JSONResponse:
    """Ingest a file; the asker may read it, or with `public` everybody."""
    content = await file.read()
    name, user = file.filename or "", app.settings.api.user
    report = await to_thread.run_sync(app.ingestion.upload, user, name, content, public)
    return JSONResponse(asdict(report), status_code=422 if report.outcome is Outcome.FAILED else 201)


@router.get("")
def documents(
    app: Served, scope: Asker, after: int = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> dict[str, Any]:
    """List the documents that the asker may read, in order of id; `next` goes on behind the last."""
    page = list_documents(app.database, scope, after, limit)
    return {"documents": [document_json(entry) for entry in page.entries], "next": page.next}


@router.get("/{document_id}")
def document(document_id: int, app: Served, scope: Asker) -> dict[str, Any]:
    """Show one document's entry."""
    return document_json(read_document(app.database, scope, document_id))


@router.get("/{document_id}/text")
def cited_text(
    document_id: int, version: int, start: int, end: int, app: Served, scope: Asker
) -> dict[str, Any]:
    """Show the page that a citation stands on, parted at the cited span."""
    return asdict(read_cited_text(app.database, scope, document_id, version, (start, end)))
