"""What FastAPI gives to handlers: the application, the asker's scope, and the gate in front of the models."""

from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api.app import App
from api.http.gate import Gate
from core.permissions import scope_of
from core.values.search import AccessScope


def app_of(request: Request) -> App:
    """Return the application that serves the request."""
    app: App = request.app.state.app
    return app


def gate_of(request: Request) -> Gate:
    """Return the gate that bounds how many questions are worked on."""
    gate: Gate = request.app.state.gate
    return gate


def accepting_of(request: Request) -> CapacityLimiter:
    """Return the limiter of the threads that store uploads."""
    limiter: CapacityLimiter = request.app.state.accepting
    return limiter


def probing_of(request: Request) -> CapacityLimiter:
    """Return the limiter of the threads that look whether questions can be answered."""
    limiter: CapacityLimiter = request.app.state.probing
    return limiter


def asker_of(request: Request) -> AccessScope:
    """Return the scope of what the asker may read: until sign-in is configured, the configured user's."""
    settings = app_of(request).settings.api
    return scope_of(settings.user, settings.groups)


Served = Annotated[App, Depends(app_of)]
Bounded = Annotated[Gate, Depends(gate_of)]
Accepting = Annotated[CapacityLimiter, Depends(accepting_of)]
Probing = Annotated[CapacityLimiter, Depends(probing_of)]
Asker = Annotated[AccessScope, Depends(asker_of)]
