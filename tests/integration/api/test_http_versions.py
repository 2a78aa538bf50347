"""Old versions over HTTP: the redacted file of a folder that was made public."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.source import FakeSource
from fakes.web import visiting
from fastapi.testclient import TestClient

from api.app import App

SECRET = "Bo Chen earns 9,000 a month."
OPEN = "Salaries are paid on the 25th."


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[tuple[TestClient, App]]:
    with visiting(tmp_path) as visit:
        yield visit


def status(client: TestClient, version: int) -> int:
    query = {"version": version, "start": 0, "end": 1}
    return client.get("/v1/documents/1/text", params=query).status_code


@pytest.mark.parametrize("stamped", [False, True])
def test_an_outsider_reads_the_redacted_version_and_not_the_one_before(
    visit: tuple[TestClient, App], stamped: bool
) -> None:
    client, app = visit
    source = FakeSource(stamped=stamped)
    source.put("pay.md", SECRET, "group:hr")
    app.ingestion.ingest(source)
    source.put("pay.md", OPEN, "public")
    app.ingestion.ingest(source)
    assert [status(client, version) for version in (1, 2, 3)] == [404, 200, 404]


@pytest.mark.parametrize("broken", [False, True])
def test_a_document_is_not_opened_before_its_new_content_is_there(
    visit: tuple[TestClient, App], broken: bool
) -> None:
    client, app = visit
    source = FakeSource(stamped=True)
    source.put("pay.md", SECRET, "group:hr")
    app.ingestion.ingest(source)
    source.put("pay.md", b"\xff\xfe\x00" if broken else OPEN, "public")
    source.away.add("pay.md")
    app.ingestion.ingest(source)
    assert status(client, 1) == 404
    assert client.get("/v1/documents").json()["documents"] == []
    assert client.post("/v1/search", json={"question": "Bo Chen"}).json()["hits"] == []


@pytest.mark.parametrize("stamped", [False, True])
def test_a_file_that_is_made_public_as_it_is_is_open_at_once(
    visit: tuple[TestClient, App], stamped: bool
) -> None:
    client, app = visit
    source = FakeSource(stamped=stamped)
    source.put("pay.md", OPEN, "group:hr")
    app.ingestion.ingest(source)
    source.put("pay.md", OPEN, "public")
    app.ingestion.ingest(source)
    assert status(client, 1) == 200


def test_a_file_put_back_as_it_was_is_open_to_those_it_is_listed_for(visit: tuple[TestClient, App]) -> None:
    client, app = visit
    source = FakeSource(stamped=True)
    source.put("pay.md", OPEN, "group:hr")
    app.ingestion.ingest(source)
    source.put("pay.md", SECRET, "public")
    source.away.add("pay.md")
    app.ingestion.ingest(source)
    source.put("pay.md", OPEN, "public")
    app.ingestion.ingest(source)
    assert status(client, 1) == 200
