from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.source import FakeSource
from fakes.waiting import wait_until
from fakes.web import visiting
from fastapi.testclient import TestClient

from api.app import App

DEMO = Path(__file__).resolve().parents[3] / "deploy" / "demo" / "documents"
PUMP = "The pump P-7 runs at 2900 revolutions per minute."


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[tuple[TestClient, App]]:
    with visiting(tmp_path) as visit:
        yield visit


@pytest.fixture
def client(visit: tuple[TestClient, App]) -> TestClient:
    return visit[0]


def sent(client: TestClient, name: str, content: str | bytes, **form: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post("/v1/documents", files={"file": (name, raw)}, data=form)


def upload(client: TestClient, name: str, content: str | bytes, **form: str) -> dict[str, Any]:
    """Hand a file in, and return its job once it has ended."""
    response = sent(client, name, content, **form)
    assert response.status_code == 202, response.text
    return ended(client, response.headers["location"])


def ended(client: TestClient, location: str) -> dict[str, Any]:
    job: dict[str, Any] = {}

    def has_ended() -> bool:
        job.update(client.get(location).raise_for_status().json())
        return job["state"] not in {"queued", "running"}

    wait_until(has_ended)
    return job


def listed(client: TestClient, **query: int) -> dict[str, Any]:
    page: dict[str, Any] = client.get("/v1/documents", params=query).raise_for_status().json()
    return page


def names(client: TestClient) -> list[str]:
    return [entry["uri"].rsplit("/", 1)[-1] for entry in listed(client)["documents"]]


def hits(client: TestClient, question: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post("/v1/search", json={"question": question}).json()["hits"]
    return found


def test_an_upload_is_found_at_once(client: TestClient) -> None:
    response = sent(client, "pump.md", f"# Pump\n\n{PUMP}")
    assert response.status_code == 202
    accepted = response.json()
    assert response.headers["location"] == f"/v1/jobs/{accepted['id']}"
    assert (accepted["state"], accepted["outcome"], accepted["document_id"]) == ("queued", "", None)
    job = ended(client, response.headers["location"])
    [entry] = listed(client)["documents"]
    assert {**job, "created_at": "", "updated_at": ""} == {
        "id": accepted["id"],
        "kind": "upload",
        "state": "done",
        "ahead": 0,
        "name": "pump.md",
        "uri": "upload:ann/pump.md",
        "public": False,
        "size_bytes": len(f"# Pump\n\n{PUMP}"),
        "outcome": "added",
        "document_id": entry["id"],
        "reason": "",
        "code": "",
        "notices": [],
        "created_at": "",
        "updated_at": "",
    }
    [hit] = hits(client, "pump P-7")
    assert hit["quote"].endswith(PUMP)
    assert hit["language"] == "en"


def test_the_same_name_again_is_a_new_version_of_the_same_document(client: TestClient) -> None:
    upload(client, "pump.md", PUMP)
    assert upload(client, "pump.md", PUMP)["outcome"] == "unchanged"
    assert upload(client, "pump.md", "The pump P-7 was scrapped.")["outcome"] == "changed"
    [entry] = listed(client)["documents"]
    assert entry["version"] == 2
    assert [hit["quote"] for hit in hits(client, "pump P-7")] == ["The pump P-7 was scrapped."]


def test_an_upload_is_its_users_own_unless_it_is_public(client: TestClient, tmp_path: Path) -> None:
    upload(client, "mine.md", PUMP)
    upload(client, "ours.md", "The valve V-11 leaks.", public="true")
    mine, ours = (entry["id"] for entry in listed(client)["documents"])
    with visiting(tmp_path, user="bob") as (bob, _):
        assert names(bob) == ["ours.md"]
        assert [hit["uri"] for hit in hits(bob, "pump P-7")] == ["upload:ann/ours.md"]
        assert bob.get(f"/v1/documents/{ours}").status_code == 200
        assert bob.get(f"/v1/documents/{mine}").status_code == 404
        text = {"version": 1, "start": 0, "end": 4}
        assert bob.get(f"/v1/documents/{mine}/text", params=text).status_code == 404
        assert upload(bob, "mine.md", "Bob's own.")["uri"] == "upload:bob/mine.md"
    assert names(client) == ["mine.md", "ours.md"]


def test_a_user_called_like_a_group_gains_nothing(tmp_path: Path) -> None:
    source = FakeSource()
    source.put("field.md", PUMP, "group:field")
    with visiting(tmp_path, user="field") as (client, app):
        app.ingestion.ingest(source)
        assert names(client) == []
    with visiting(tmp_path, groups=["field"]) as (client, _):
        assert names(client) == ["field.md"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF-1.7 broken", "unreadable"),
        ("a.md", b"", "empty"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "unreadable"),
        ("a.exe", b"MZ\x90\x00\x03\x00\x00\x00", "unknown_format"),
    ],
)
def test_an_upload_that_cannot_be_read_says_why_and_stays_listed(
    client: TestClient, name: str, content: bytes, code: str
) -> None:
    job = upload(client, name, content)
    assert (job["state"], job["outcome"], job["code"]) == ("failed", "failed", code)
    [entry] = listed(client)["documents"]
    assert (entry["state"], entry["version"], entry["reason"]) == ("failed", 0, job["reason"])
    assert job["reason"]
    assert job["document_id"] == entry["id"]


def test_a_failed_upload_is_tried_again_with_the_same_file(client: TestClient) -> None:
    assert upload(client, "a.md", "")["code"] == upload(client, "a.md", "")["code"] == "empty"
    assert upload(client, "a.md", PUMP)["outcome"] == "added"


def test_an_upload_over_the_limit_is_cut_off_and_nothing_is_kept(tmp_path: Path) -> None:
    with visiting(tmp_path, max_upload_bytes=1000) as (client, _):
        response = sent(client, "a.md", "x" * 2000)
        assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")
        assert names(client) == []
        assert upload(client, "a.md", "x" * 200)["state"] == "done"


@pytest.mark.parametrize("name", ["..", "a\u200bb.md", "x" * 300])
def test_an_upload_without_a_usable_name_is_refused(client: TestClient, name: str) -> None:
    response = sent(client, name, PUMP)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "input")


def test_an_upload_without_a_file_is_refused(client: TestClient) -> None:
    response = client.post("/v1/documents", data={"public": "true"})
    assert (response.status_code, response.json()["error"]["code"]) == (422, "input")


def test_a_list_goes_on_where_it_stopped(client: TestClient) -> None:
    for number in range(5):
        upload(client, f"{number}.md", f"Pump {number}.")
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = listed(client, after=after, limit=2)
        seen += [entry["uri"].rsplit("/", 1)[-1] for entry in page["documents"]]
        after = page["next"]
    assert seen == [f"{number}.md" for number in range(5)]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"after": "x"}])
def test_a_list_of_no_sensible_length_is_refused(client: TestClient, query: dict[str, Any]) -> None:
    response = client.get("/v1/documents", params=query)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "input")


def test_an_entry_says_where_a_document_stands(client: TestClient) -> None:
    upload(client, "pump.md", f"# Pump P-7\n\n{PUMP}")
    [entry] = listed(client)["documents"]
    assert client.get(f"/v1/documents/{entry['id']}").json() == entry
    assert (entry["title"], entry["state"], entry["version"]) == ("Pump P-7", "searchable", 1)
    assert entry["media_type"] == "text/markdown"
    assert entry["updated_at"].endswith("+00:00")


@pytest.mark.parametrize("path", ["/v1/documents/999", "/v1/documents/999/text?version=1&start=0&end=1"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_a_cited_span_is_shown_on_its_page(visit: tuple[TestClient, App]) -> None:
    client, _ = visit
    manual = DEMO / "compressor" / "CMP-201-operating-manual.pdf"
    assert upload(client, manual.name, manual.read_bytes())["state"] == "done"
    cited = hits(client, "At which discharge temperature does the compressor CMP-201 trip?")[0]
    start, end = cited["span"]
    span = {"version": cited["version"], "start": start, "end": end}
    shown = client.get(f"/v1/documents/{cited['document_id']}/text", params=span).json()
    assert shown["quote"] == cited["quote"]
    assert (shown["page"], shown["current"], shown["title"]) == (cited["page"], True, cited["title"])
    assert shown["page"] >= 2
    assert len(shown["before"]) + len(shown["after"]) > 0


def test_the_text_around_a_span_adds_up_where_there_are_no_pages(client: TestClient) -> None:
    text = "\n\n".join(f"Paragraph {number} of the manual of pump P-7." for number in range(200))
    upload(client, "long.md", text)
    shown = client.get("/v1/documents/1/text", params={"version": 1, "start": 4000, "end": 4100}).json()
    assert shown["quote"] == text[4000:4100]
    around = shown["before"] + shown["quote"] + shown["after"]
    assert around in text
    assert 100 < len(around) < 4000
    assert around.startswith(("Paragraph", "\n"))
    assert shown["page"] is None


def test_an_older_version_can_still_be_read_but_says_so(client: TestClient) -> None:
    upload(client, "pump.md", PUMP)
    upload(client, "pump.md", "The pump P-7 was scrapped.")
    old = client.get("/v1/documents/1/text", params={"version": 1, "start": 0, "end": 8}).json()
    new = client.get("/v1/documents/1/text", params={"version": 2, "start": 0, "end": 8}).json()
    assert (old["quote"] + old["after"], old["current"]) == (PUMP, False)
    assert new["current"] is True


@pytest.mark.parametrize(
    "span",
    [
        {"version": 1, "start": 0, "end": 10_000},
        {"version": 1, "start": 5, "end": 5},
        {"version": 1, "start": -3, "end": 5},
        {"version": 2, "start": 0, "end": 5},
    ],
)
def test_a_span_that_does_not_exist_is_not_found(client: TestClient, span: dict[str, int]) -> None:
    upload(client, "pump.md", PUMP)
    assert client.get("/v1/documents/1/text", params=span).status_code == 404
