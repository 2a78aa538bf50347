"""`/v1/session`: signing in and out, and who is signed in."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from admin.identity import sign_in
from api.http.dependencies import Served, app_of
from api.http.identity.attempts import Attempts
from api.http.identity.callers import Anybody, address_of, cookie_name
from api.http.wire import Request as Body
from core.errors import UnauthenticatedError
from core.store.identity.sessions import Visit
from core.values.identity import Caller

router = APIRouter(prefix="/v1/session")
# A hash of a password takes 64 MB and a tenth of a second: two at once, whatever is sent.
_HASHING = 2
_Text = Annotated[str, Field(min_length=1, max_length=1024)]


class Doorkeeper:
    """What signing in shares between requests."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self.hashing = CapacityLimiter(_HASHING)


def doorkeeper_of(request: Request) -> Doorkeeper:
    """Return the doorkeeper of the application that serves the request."""
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    return doorkeeper


Keeping = Annotated[Doorkeeper, Depends(doorkeeper_of)]


class Password(Body):
    """The body of `POST /v1/session`."""

    user: _Text
    password: _Text


class Link(Body):
    """The body of `POST /v1/session/link`."""

    link: _Text
    password: _Text


@router.get("")
def session(app: Served, caller: Anybody) -> dict[str, Any]:
    """Show who is signed in. Raises: UnauthenticatedError."""
    if caller is None:
        raise UnauthenticatedError()
    return _as_json(caller, app.settings.api.sign_in)


@router.post("")
async def begin(body: Password, request: Request, keeping: Keeping) -> JSONResponse:
    """Sign in by name and password."""
    name = body.user.removeprefix("user:")
    return await _signed_in(
        request, keeping, name, partial(sign_in.sign_in, name=name, password=body.password)
    )


@router.post("/link")
async def redeem(body: Link, request: Request, keeping: Keeping) -> JSONResponse:
    """Choose a password with a sign-in link, and sign in."""
    return await _signed_in(
        request, keeping, "", partial(sign_in.redeem, link=body.link, password=body.password)
    )


async def _signed_in(
    request: Request, keeping: Doorkeeper, name: str, work: Callable[..., str]
) -> JSONResponse:
    """Return the response that begins the session whose token `work` returns."""
    app, address = app_of(request), address_of(request)
    keeping.attempts.count(name, address)
    visit = Visit(address, request.headers.get("user-agent", ""))
    made = partial(work, app.database, visit=visit, hours=app.settings.api.session_hours)
    try:
        token = await to_thread.run_sync(made, limiter=keeping.hashing)
    except UnauthenticatedError:
        keeping.attempts.failed(address)
        raise
    keeping.attempts.succeeded(name, address)
    cookie = cookie_name(request)
    response = JSONResponse({"status": "signed in"})
    response.set_cookie(cookie, token, secure=cookie.startswith("__Host-"), httponly=True, samesite="lax")
    return response


@router.delete("", status_code=204)
def end(request: Request, app: Served) -> Response:
    """Sign out: the session ends here, not only in the browser."""
    name = cookie_name(request)
    sign_in.sign_out(app.database, request.cookies.get(name, ""))
    response = Response(status_code=204)
    response.delete_cookie(name, secure=name.startswith("__Host-"), httponly=True, samesite="lax")
    return response


def _as_json(caller: Caller, has_sign_in: bool) -> dict[str, Any]:
    groups = sorted(one for one in caller.access.principals if one not in {"public", f"user:{caller.user}"})
    return {
        "user": caller.user,
        "groups": groups,
        "scopes": sorted(caller.scopes),
        "acts_for": caller.actor or None,
        "sign_in": has_sign_in,
    }
