"""What FastAPI gives to handlers of who makes a request; every route but health and the page takes one."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from admin.identity.callers import Presented
from api.http.dependencies import app_of
from core.errors import NotAllowedError, UnauthenticatedError
from core.values.identity import Caller, KeyScope

# A browser keeps the first from other hosts and from pages without TLS.
SECURE_COOKIE, PLAIN_COOKIE = "__Host-vade", "vade"
ACTS_AS = "X-Vade-As"
_BEARER = "bearer "


def cookie_name(request: Request) -> str:
    """Return the name of the cookie of a session on this connection."""
    return SECURE_COOKIE if request.url.scheme == "https" else PLAIN_COOKIE


def presented_by(request: Request) -> Presented:
    """Return what a request shows of who makes it. A key in the address does not count: logs keep those."""
    bearer = request.headers.get("authorization", "")
    named = bearer[len(_BEARER) :].strip() if bearer.lower().startswith(_BEARER) else ""
    return Presented(
        key=named or request.headers.get("x-api-key", ""),
        cookie=request.cookies.get(cookie_name(request), ""),
        acts_as=request.headers.get(ACTS_AS, ""),
        address=address_of(request),
    )


def address_of(request: Request) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else ""


def allowed(scope: KeyScope) -> Callable[[Request], Caller]:
    """Return a dependency that gives the caller of a request that needs a scope.

    It raises UnauthenticatedError if nobody is signed in, NotAllowedError if the key lacks the scope.
    """

    def caller_of(request: Request) -> Caller:
        caller = app_of(request).callers.caller(presented_by(request))
        if scope not in caller.scopes:
            raise NotAllowedError(f"This key does not allow {scope}; nothing was done.")
        return caller

    return caller_of


def anybody(request: Request) -> Caller | None:
    """Return the caller of a request that needs none; None if nobody is signed in."""
    try:
        return app_of(request).callers.caller(presented_by(request))
    except UnauthenticatedError:
        return None


Asking = Annotated[Caller, Depends(allowed(KeyScope.ASK))]
Searching = Annotated[Caller, Depends(allowed(KeyScope.SEARCH))]
Reading = Annotated[Caller, Depends(allowed(KeyScope.READ))]
Writing = Annotated[Caller, Depends(allowed(KeyScope.WRITE))]
Anybody = Annotated[Caller | None, Depends(anybody)]
Shown = Annotated[Presented, Depends(presented_by)]
