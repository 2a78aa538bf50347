"""What FastAPI gives to handlers: the application, and the gate in front of the models."""

from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api.app import App
from api.http.gate import Gate


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


Served = Annotated[App, Depends(app_of)]
Bounded = Annotated[Gate, Depends(gate_of)]
Accepting = Annotated[CapacityLimiter, Depends(accepting_of)]
Probing = Annotated[CapacityLimiter, Depends(probing_of)]
