"""The HTTP edge: routes, and nothing that a route does not need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.app import App
from api.gate import Gate
from api.guard import BodyLimit, SameOrigin, SecurityHeaders, register_errors
from api.stream import answer_events, answering, unless_gone
from api.wire import AskRequest, SearchRequest, answer_json, document_json, results_json
from core.errors import NotReadyError, VadeError
from core.permissions import PUBLIC, scope_of
from core.store.documents.reading import count_documents, list_documents, read_cited_text, read_document
from core.values.search import AccessScope
from ingest.connectors.upload import UploadSource
from ingest.run.report import Outcome, RunReport
from ingest.run.run import RunOptions

PORTAL = Path(__file__).parent / "portal"
# How long an upload waits for another one by the same user.
_UPLOAD_WAIT_SECONDS = 60

routes = APIRouter(prefix="/v1")


def app_of(request: Request) -> App:
    """Return the application that the request came to."""
    app: App = request.app.state.app
    return app


def asker(request: Request) -> AccessScope:
    """Return what the asker may see: until sign-in is configured, the configured user's scope."""
    settings = app_of(request).settings.api
    return scope_of(settings.user, settings.groups)


Asker = Annotated[AccessScope, Depends(asker)]
Served = Annotated[App, Depends(app_of)]


@routes.post("/ask", response_model=None)
async def ask(
    body: AskRequest, request: Request, app: Served, scope: Asker
) -> dict[str, Any] | StreamingResponse:
    """Answer a question with citations, or refuse; `stream` gives server-sent events."""
    gate: Gate = request.app.state.gate
    gate.check()  # refused here it is a 429; inside a stream it could only be an event
    if body.stream:
        events = answer_events(app, gate, body, scope)
        return StreamingResponse(events, media_type="text/event-stream")
    return answer_json(await gate.run(answering(app, body, scope, unless_gone(request))))


@routes.post("/search")
async def search(body: SearchRequest, request: Request, app: Served, scope: Asker) -> dict[str, Any]:
    """Find the chunks that fit a question best."""
    gate: Gate = request.app.state.gate
    found = await gate.run(
        partial(app.searcher.search, body.question, scope, body.limit, within=body.filter.within)
    )
    return results_json(found)


@routes.post("/documents", status_code=201)
async def upload(
    app: Served,
    file: Annotated[UploadFile, File()],
    public: Annotated[bool, Form()] = False,
) -> JSONResponse:
    """Take a file in; it belongs to the asker, or with `public` to everybody."""
    user = app.settings.api.user.removeprefix("user:")
    content = await file.read()
    readers = frozenset({PUBLIC if public else f"user:{user}"})
    source = UploadSource(user, file.filename or "", content, readers, app.settings.ingest.max_file_bytes)

    def ingest() -> RunReport:
        return app.ingestion.ingest(source, options=RunOptions(retry=True, wait_seconds=_UPLOAD_WAIT_SECONDS))

    report = await to_thread.run_sync(ingest)
    outcome = next(one for one in report.documents if one.uri == source.document_uri)
    failed = outcome.outcome is Outcome.FAILED
    return JSONResponse(asdict(outcome), status_code=422 if failed else 201)


@routes.get("/documents")
def documents(
    app: Served, scope: Asker, after: int = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> dict[str, Any]:
    """List the documents that the asker may read, in order of id; `next` goes on behind the last."""
    with app.database.reading() as session:
        entries = list_documents(session, scope, after, limit)
    more = entries[-1].id if len(entries) == limit else None
    return {"documents": [document_json(entry) for entry in entries], "next": more}


@routes.get("/documents/{document_id}")
def document(document_id: int, app: Served, scope: Asker) -> dict[str, Any]:
    """Show one document's entry."""
    with app.database.reading() as session:
        return document_json(read_document(session, scope, document_id))


@routes.get("/documents/{document_id}/text")
def cited_text(
    document_id: int, version: int, start: int, end: int, app: Served, scope: Asker
) -> dict[str, Any]:
    """Show the page that a citation stands on, parted at the cited span."""
    with app.database.reading() as session:
        return asdict(read_cited_text(session, scope, document_id, version, (start, end)))


def livez() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "ok"}


def readyz(app: Served, scope: Asker) -> dict[str, Any]:
    """Say whether questions can be answered: database, indexes and model are there.

    Raises: NotReadyError if one of them is not.
    """
    try:
        with app.database.reading() as session:
            readable = count_documents(session, scope)
        app.warm_up()
    except VadeError as error:
        raise NotReadyError(str(error)) from error
    return {"status": "ready", "documents": readable}


def page() -> FileResponse:
    """Serve the page."""
    return FileResponse(PORTAL / "index.html")


def make_http(app: App) -> FastAPI:
    """Return the web application over a built `App`."""
    settings = app.settings.api

    @asynccontextmanager
    async def lifespan(http: FastAPI) -> AsyncIterator[None]:
        http.state.gate = Gate(settings.max_concurrent_answers, settings.max_waiting_answers)
        yield

    http = FastAPI(title="Vademecum", lifespan=lifespan, docs_url=None, redoc_url=None)
    http.state.app = app
    http.state.gate = None
    http.add_middleware(BodyLimit, max_bytes=settings.max_upload_bytes)
    http.add_middleware(SecurityHeaders)
    http.add_middleware(SameOrigin)
    http.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts))
    register_errors(http)
    http.include_router(routes)
    http.add_api_route("/livez", livez)
    http.add_api_route("/readyz", readyz)
    http.add_api_route("/", page, include_in_schema=False)
    http.mount("/static", StaticFiles(directory=PORTAL), name="static")
    return http
