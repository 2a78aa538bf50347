from collections.abc import Iterator

import pytest
from fakes.source import FakeSource
from fakes.web import visiting
from fastapi import FastAPI
from fastapi.testclient import TestClient

from admin.identity.accounts import add_user, join_group, leave_group, link_for, link_for_first_administrator
from admin.identity.keys import issue_key
from api.app import App
from api.http.identity.session import Doorkeeper
from core.store.identity.accounts import Account
from core.values.identity import EVERY_SCOPE, KeyScope

PASSWORD = "a pump that never stops"
QUESTION = {"question": "How fast does the pump run?"}


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, App]]:
    with visiting(tmp_path_factory.mktemp("data"), sign_in=True) as (client, app):
        source = FakeSource()
        source.put("a.md", "The pump runs at 2900 revolutions.", "group:field")
        app.ingestion.ingest(source)
        add_user(app.database, Account(name="ann", groups=("field",)))
        add_user(app.database, Account(name="bob"))
        yield client, app


@pytest.fixture
def client(visit: tuple[TestClient, App], cheap_hashing: None) -> TestClient:
    """A browser in which nobody is signed in."""
    client, app = visit
    join_group(app.database, "field", ["ann"])
    client.cookies.clear()
    served(client).state.doorkeeper = Doorkeeper()
    return client


def served(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


@pytest.fixture
def app(visit: tuple[TestClient, App]) -> App:
    return visit[1]


def bearer(app: App, name: str, scopes: frozenset[KeyScope] = EVERY_SCOPE) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_key(app.database, name, scopes, 30)[0]}"}


def enter(client: TestClient, app: App, name: str = "ann") -> None:
    body = {"link": link_for(app.database, name), "password": PASSWORD}
    client.post("/v1/session/link", json=body).raise_for_status()


def test_nobody_reads_without_signing_in(client: TestClient) -> None:
    for response in (
        client.post("/v1/ask", json=QUESTION),
        client.post("/v1/search", json=QUESTION),
        client.get("/v1/documents"),
        client.post("/v1/documents", files={"file": ("a.md", b"x")}),
        client.get("/v1/jobs/1"),
        client.get("/v1/session"),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"


def test_health_and_the_pages_are_open_and_say_nothing_of_documents(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/").status_code == client.get("/sign-in").status_code == 200


def test_from_a_link_to_an_answer_and_out_again(client: TestClient, app: App) -> None:
    enter(client, app)
    assert client.get("/v1/session").json() == {
        "user": "ann",
        "groups": ["group:field"],
        "scopes": ["ask", "docs:read", "docs:write", "search"],
        "acts_for": None,
        "sign_in": True,
    }
    assert "2900" in client.post("/v1/search", json=QUESTION).text
    stolen = TestClient(served(client), base_url="http://localhost", cookies=dict(client.cookies))
    assert client.delete("/v1/session").status_code == 204
    assert not client.cookies
    assert stolen.get("/v1/documents").status_code == 401
    body = {"user": "ann", "password": PASSWORD}
    assert client.post("/v1/session", json=body).status_code == 200
    assert client.get("/readyz").json() == {"status": "ready", "documents": 1}


def test_the_cookie_is_for_this_host_and_no_script(client: TestClient, app: App) -> None:
    body = {"link": link_for(app.database, "ann"), "password": PASSWORD}
    plain = client.post("/v1/session/link", json=body).headers["set-cookie"].lower()
    assert plain.startswith("vade=")
    assert "httponly" in plain
    assert "samesite=lax" in plain
    secure = TestClient(served(client), base_url="https://localhost")
    given = secure.post("/v1/session", json={"user": "ann", "password": PASSWORD}).headers["set-cookie"]
    assert given.startswith("__Host-vade=")
    assert "Secure" in given
    assert "Path=/" in given
    assert "Domain" not in given


def test_a_plain_cookie_does_not_count_where_there_is_tls(client: TestClient, app: App) -> None:
    enter(client, app)
    secure = TestClient(served(client), base_url="https://localhost", cookies=dict(client.cookies))
    assert secure.get("/v1/session").status_code == 401


def test_another_site_cannot_sign_anybody_in_or_out(client: TestClient, app: App) -> None:
    enter(client, app)
    elsewhere = {"origin": "https://evil.test"}
    assert client.delete("/v1/session", headers=elsewhere).status_code == 403
    body = {"user": "ann", "password": PASSWORD}
    assert client.post("/v1/session", json=body, headers=elsewhere).status_code == 403
    assert client.get("/v1/session").status_code == 200


def test_guessing_ends_soon_and_the_same_for_everybody(client: TestClient) -> None:
    for name in ("ann", "nobody"):
        answers = [client.post("/v1/session", json={"user": name, "password": "x" * 12}) for _ in range(12)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) > 60
        assert len({answer.text for answer in answers[:10]}) == 1


@pytest.mark.parametrize("place", ["Authorization", "x-api-key"])
def test_a_key_counts_in_either_header(client: TestClient, app: App, place: str) -> None:
    key = bearer(app, "ann")["Authorization"]
    headers = {place: key if place == "Authorization" else key.removeprefix("Bearer ")}
    assert len(client.get("/v1/documents", headers=headers).json()["documents"]) == 1


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "token"])
def test_but_not_in_the_address(client: TestClient, app: App, name: str) -> None:
    key = bearer(app, "ann")["Authorization"].removeprefix("Bearer ")
    assert client.get("/v1/documents", params={name: key}).status_code == 401


def test_a_key_does_what_its_scopes_say_and_no_more(client: TestClient, app: App) -> None:
    calls = {
        KeyScope.ASK: lambda headers: client.post("/v1/ask", json=QUESTION, headers=headers),
        KeyScope.SEARCH: lambda headers: client.post("/v1/search", json=QUESTION, headers=headers),
        KeyScope.READ: lambda headers: client.get("/v1/documents", headers=headers),
        KeyScope.WRITE: lambda headers: client.post(
            "/v1/documents", files={"file": ("b.md", b"The belt is new.")}, headers=headers
        ),
    }
    assert set(calls) == set(KeyScope)
    for held in KeyScope:
        headers = bearer(app, "ann", frozenset({held}))
        done = {scope for scope, call in calls.items() if call(headers).status_code < 300}
        assert done == {held}


def test_an_upload_belongs_to_who_sent_it(client: TestClient, app: App) -> None:
    ann, bob = bearer(app, "ann"), bearer(app, "bob")
    sent = client.post("/v1/documents", files={"file": ("b.md", b"The belt is new.")}, headers=ann)
    job = sent.headers["location"]
    assert client.get(job, headers=ann).status_code == 200
    foreign, missing = client.get(job, headers=bob), client.get("/v1/jobs/4711", headers=bob)
    assert (
        (foreign.status_code, foreign.json())
        == (missing.status_code, missing.json())
        == (404, missing.json())
    )


def test_an_answer_stops_when_its_reader_loses_the_right(
    client: TestClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(app, "ann")
    original = app.generator.draft

    def draft(*arguments: object) -> Iterator[object]:
        leave_group(app.database, "field", ["ann"])
        yield from original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(app.generator, "draft", draft)
    answer = client.post("/v1/ask", json={**QUESTION, "stream": True}, headers=headers).text
    assert "event: error" in answer
    assert "unauthenticated" in answer
    assert "event: done" not in answer
    assert "event: token" not in answer


def test_the_first_administrator_gets_in_once(client: TestClient, app: App) -> None:
    token = link_for_first_administrator(app.database)
    assert client.post("/v1/session/link", json={"link": token, "password": PASSWORD}).status_code == 200
    assert client.get("/v1/session").json()["user"] == "admin"
    assert link_for_first_administrator(app.database) == ""
