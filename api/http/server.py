"""The web application: middleware, routers and the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.app import App, make_upload_worker
from api.http import ask, documents, health, jobs, search
from api.http.gate import Gate
from api.http.guard import BodyLimit, SameOrigin, SecurityHeaders, register_errors
from api.http.identity import session
from api.http.openai import chat, models

# Uploads stored at once, and probes that look whether questions can be answered. They wait for disks and
# models, so that the threads in which documents are listed and read are not theirs.
_ACCEPTING, _PROBING = 4, 2

PORTAL = Path(__file__).parents[1] / "portal"


def make_http(app: App) -> FastAPI:
    """Return the web application over a built `App`."""
    settings = app.settings.api

    @asynccontextmanager
    async def lifespan(http: FastAPI) -> AsyncIterator[None]:
        http.state.gate = Gate(settings.max_concurrent_answers, settings.max_waiting_answers)
        http.state.doorkeeper = session.Doorkeeper()
        http.state.accepting = anyio.CapacityLimiter(_ACCEPTING)
        http.state.probing = anyio.CapacityLimiter(_PROBING)
        uploads = make_upload_worker(app)
        uploads.start()
        yield
        await to_thread.run_sync(uploads.close)

    http = FastAPI(title="Vademecum", lifespan=lifespan, docs_url=None, redoc_url=None)
    http.state.app = app
    http.state.gate = None
    # The last one is the outermost: every response has its headers, a refusal too.
    http.add_middleware(BodyLimit, max_bytes=settings.max_upload_bytes, seconds=settings.request_seconds)
    http.add_middleware(SameOrigin)
    http.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts))
    http.add_middleware(SecurityHeaders)
    register_errors(http)
    for module in (ask, search, documents, jobs, session, chat, models, health):
        http.include_router(module.router)
    http.add_api_route("/", page, include_in_schema=False)
    http.add_api_route("/sign-in", sign_in_page, include_in_schema=False)
    http.mount("/static", StaticFiles(directory=PORTAL), name="static")
    return http


def page() -> FileResponse:
    """Serve the page."""
    return FileResponse(PORTAL / "index.html")


def sign_in_page() -> FileResponse:
    """Serve the page on which people sign in."""
    return FileResponse(PORTAL / "sign-in.html")
