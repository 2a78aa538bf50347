"""Every route with an identifier, tried by everybody: what is foreign looks as if it did not exist.

A route that is not in the matrix fails the test that walks the schema, so that none is forgotten.
"""

from collections.abc import Iterator

import pytest
from fakes.source import FakeSource
from fakes.web import visiting
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from admin.identity.accounts import add_user, set_active
from admin.identity.keys import issue_key, keys, revoke
from core.store.identity.accounts import Account
from core.values.identity import EVERY_SCOPE

# Of each route with an identifier: its address for an id, and the id that nothing has.
MATRIX = {
    ("GET", "/v1/documents/{document_id}"): "/v1/documents/{}",
    ("GET", "/v1/documents/{document_id}/text"): "/v1/documents/{}/text?version=1&start=0&end=1",
    ("GET", "/v1/jobs/{job_id}"): "/v1/jobs/{}",
}
# Routes without an identifier: what they give depends on the caller alone.
WITHOUT_ID = {
    ("POST", "/v1/ask"), ("POST", "/v1/search"), ("GET", "/v1/documents"), ("POST", "/v1/documents"),
    ("GET", "/v1/session"), ("POST", "/v1/session"), ("DELETE", "/v1/session"), ("POST", "/v1/session/link"),
    ("POST", "/v1/chat/completions"), ("POST", "/v1/embeddings"), ("GET", "/v1/models"),
    ("GET", "/livez"), ("GET", "/readyz"),
}  # fmt: skip
# These need nobody signed in: the first two say nothing of documents, the others are how one signs in.
OPEN = {
    ("GET", "/livez"), ("GET", "/readyz"), ("POST", "/v1/session"), ("POST", "/v1/session/link"),
    ("DELETE", "/v1/session"),
}  # fmt: skip
MISSING = 4711
BODIES = {
    "/v1/chat/completions": {"model": "vademecum", "messages": [{"role": "user", "content": "x"}]},
    "/v1/embeddings": {"model": "vademecum", "input": "x"},
}


class Desk:
    """The service with a document and a job of Ann's, and keys of several people."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.keys: dict[str, str] = {}
        self.ids: dict[str, int] = {}

    def ask(self, route: tuple[str, str], number: int, who: str) -> Response:
        headers = {"Authorization": f"Bearer {self.keys[who]}"} if who else {}
        return self.client.request(route[0], MATRIX[route].format(number), headers=headers)

    def own(self, route: tuple[str, str]) -> int:
        return self.ids["job" if "jobs" in route[1] else "document"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with visiting(tmp_path_factory.mktemp("data"), sign_in=True) as (client, app):
        desk = Desk(client)
        for name in ("ann", "bob", "gone", "out"):
            add_user(app.database, Account(name=name))
            desk.keys[name] = issue_key(app.database, name, EVERY_SCOPE, 30)[0]
        source = FakeSource()
        source.put("a.md", "The pump runs.", "user:ann", "user:gone", "user:out")
        app.ingestion.ingest(source)
        ann = {"Authorization": f"Bearer {desk.keys['ann']}"}
        desk.ids["document"] = client.get("/v1/documents", headers=ann).json()["documents"][0]["id"]
        sent = client.post("/v1/documents", files={"file": ("b.md", b"The belt.")}, headers=ann)
        desk.ids["job"] = sent.json()["id"]
        revoke(app.database, keys(app.database, "gone")[0].kid)
        set_active(app.database, "out", is_active=False)
        yield desk


def routes(app: object) -> set[tuple[str, str]]:
    assert isinstance(app, FastAPI)
    paths = app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_route_is_in_the_matrix(desk: Desk) -> None:
    assert {route for route in routes(desk.client.app) if "{" in route[1]} == set(MATRIX)
    assert routes(desk.client.app) == set(MATRIX) | WITHOUT_ID


def test_every_other_route_needs_somebody(desk: Desk) -> None:
    for method, path in sorted((set(MATRIX) | WITHOUT_ID) - OPEN):
        address = MATRIX.get((method, path), path).format(1)
        as_json = method == "POST" and path != "/v1/documents"
        body = (
            {"json": BODIES.get(path, {"question": "x"})} if as_json else {"files": {"file": ("a.md", b"x")}}
        )
        response = desk.client.request(method, address, **(body if method == "POST" else {}))
        assert response.status_code == 401, (method, path)


@pytest.mark.parametrize("route", sorted(MATRIX))
def test_the_owner_gets_it(desk: Desk, route: tuple[str, str]) -> None:
    assert desk.ask(route, desk.own(route), "ann").status_code == 200


@pytest.mark.parametrize("route", sorted(MATRIX))
def test_foreign_and_missing_look_the_same(desk: Desk, route: tuple[str, str]) -> None:
    foreign, missing = desk.ask(route, desk.own(route), "bob"), desk.ask(route, MISSING, "bob")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert foreign.headers.raw == missing.headers.raw


@pytest.mark.parametrize("who", ["gone", "out", ""])
@pytest.mark.parametrize("route", sorted(MATRIX))
def test_who_is_revoked_suspended_or_nobody_gets_nothing(
    desk: Desk, route: tuple[str, str], who: str
) -> None:
    own, missing = desk.ask(route, desk.own(route), who), desk.ask(route, MISSING, who)
    assert own.status_code == missing.status_code == 401
    assert own.content == missing.content
