from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from fakes.web import visiting
from fastapi.testclient import TestClient

QUESTION = {"question": "How fast is the pump?"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A visit to a shelf that no test changes."""
    with visiting(tmp_path_factory.mktemp("data")) as (client, app):
        source = FakeSource()
        source.put("a.md", "The pump runs.")
        source.put("b.md", "A secret.", "user:bob")
        app.ingestion.ingest(source)
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:8000"])
def test_the_names_of_this_machine_are_served(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", ""])
def test_a_name_that_somebody_points_at_this_machine_is_not_served(client: TestClient, host: str) -> None:
    assert client.get("/v1/documents", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"origin": "https://localhost"},
        {"origin": "ftp://localhost"},
        {"origin": "localhost"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_make_the_browser_write(
    client: TestClient, headers: dict[str, str]
) -> None:
    for response in (
        client.post("/v1/ask", json=QUESTION, headers=headers),
        client.post("/v1/documents", files={"file": ("evil.md", b"x")}, headers=headers),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://localhost"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
def test_the_page_itself_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/ask", json=QUESTION, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/static/app.js", "/livez", "/v1/documents", "/v1/documents/999", "/nothing"]
)
def test_text_cannot_become_script_in_any_response(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_refusals_and_failures_have_the_headers_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*asked: object) -> None:
        raise RuntimeError("told to fail")

    monkeypatch.setattr("api.http.search.results_json", fail)
    responses = {
        400: client.get("/livez", headers={"host": "evil.test"}),
        403: client.post("/v1/ask", json=QUESTION, headers={"origin": "https://evil.test"}),
        405: client.get("/v1/ask"),
        422: client.post("/v1/ask", json={}),
        500: client.post("/v1/search", json=QUESTION),
    }
    assert {status: one.status_code for status, one in responses.items()} == {one: one for one in responses}
    for response in responses.values():
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert response.headers["x-content-type-options"] == "nosniff"


def test_behind_tls_the_pages_origin_is_https(tmp_path: Path) -> None:
    with visiting(tmp_path) as (client, _):
        client.base_url = "https://localhost"
        for origin, status in (("https://localhost", 200), ("http://localhost", 403)):
            assert client.post("/v1/ask", json=QUESTION, headers={"origin": origin}).status_code == status


HUGE = (2**63, -(2**63) - 1, 10**40)


@pytest.mark.parametrize("number", [*HUGE, "9" * 5000])
def test_a_number_beyond_64_bits_is_no_failure_of_ours(client: TestClient, number: int | str) -> None:
    text = "/v1/documents/{}/text?version={}&start={}&end={}"
    paths = [f"/v1/documents/{number}", f"/v1/documents?after={number}", f"/v1/documents?limit={number}"]
    for place in range(4):
        paths.append(text.format(*(number if place == here else 1 for here in range(4))))
    for path in paths:
        response = client.get(path)
        assert response.status_code in {200, 404, 422}, path
        assert response.status_code != 200 or "after=-" in path
    bodies = [f'{{"question": "x", "limit": {number}}}', f'{{"question": "x", "stream": {number}}}']
    for path, body in (("/v1/search", bodies[0]), ("/v1/ask", bodies[1])):
        sent = client.post(path, content=body, headers={"content-type": "application/json"})
        assert sent.status_code in {400, 422}, path


def test_nothing_that_is_somebodys_is_kept_in_a_cache(client: TestClient) -> None:
    assert client.get("/v1/documents").headers["cache-control"] == "no-store"
    assert client.post("/v1/ask", json=QUESTION).headers["cache-control"] == "no-store"
    assert client.get("/").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/ask", 405),
        ("GET", "/v1/documents/x", 422),
    ],
)
def test_every_error_has_the_same_form(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/static/../http.py", "/static/%2e%2e/http.py", "/admin"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_process_says_that_it_lives_and_that_it_can_answer(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "documents": 1}, (
        "as many as the asker may read"
    )


def test_without_a_model_it_lives_but_is_not_ready(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    embedder.broken = True
    with visiting(tmp_path, embedder) as (client, _):
        assert client.get("/livez").status_code == 200
        response = client.get("/readyz")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "not_ready")
    assert "told to fail" in response.json()["error"]["message"]
    assert int(response.headers["retry-after"]) > 0


def test_the_page_is_served(client: TestClient) -> None:
    response = client.get("/")
    assert response.headers["content-type"].startswith("text/html")
    assert "Vademecum" in response.text
