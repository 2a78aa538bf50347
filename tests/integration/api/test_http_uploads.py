"""Uploads over HTTP: accepted at once, followed by their job, and never in the way of anything else."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.embedder import FakeEmbedder
from fakes.source import FakeSource
from fakes.waiting import wait_until
from fakes.web import visiting
from fastapi.testclient import TestClient

from llm.embedding.embedder import Vectors

# As many as held every thread that requests share, when each waited for its file to be read.
MANY = 46


class HeldEmbedder(FakeEmbedder):
    """Embeds no text of an upload until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def embed(self, texts: Sequence[str]) -> Vectors:
        if any("shelf" in text for text in texts):
            self.begun.set()
            assert self.go.wait(60)
        return super().embed(texts)


@contextmanager
def held(data_dir: Path, **api: object) -> Iterator[tuple[TestClient, HeldEmbedder]]:
    """Give a visit during which no upload comes to its end until the embedder is let go."""
    embedder = HeldEmbedder()
    with visiting(data_dir, embedder, **api) as (client, app):
        source = FakeSource()
        source.put("pump.md", "The pump P-7 runs at 2900 rpm.", "public")
        app.ingestion.ingest(source)
        try:
            yield client, embedder
        finally:
            embedder.go.set()


def send(client: TestClient, number: int) -> Any:
    content = f"Part {number} is kept in shelf {number}.".encode()
    return client.post("/v1/documents", files={"file": (f"part-{number}.md", content)})


def is_done(client: TestClient, location: str) -> bool:
    return bool(client.get(location).json()["state"] == "done")


def test_health_and_reading_go_on_while_uploads_wait(tmp_path: Path) -> None:
    with held(tmp_path) as (client, embedder):
        accepted = [send(client, number) for number in range(MANY)]
        assert {one.status_code for one in accepted} == {202}
        assert embedder.begun.wait(60)
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").json()["documents"] == 1
        [entry] = [one for one in client.get("/v1/documents").json()["documents"] if one["version"]]
        assert client.get(f"/v1/documents/{entry['id']}").status_code == 200
        answer = client.post("/v1/ask", json={"question": "At how many rpm does the pump P-7 run?"}).json()
        assert answer["text"] == "The pump P-7 runs at 2900 rpm."
        first, *_, last = (client.get(one.headers["location"]).json() for one in accepted)
        assert (first["state"], last["state"], last["outcome"]) == ("running", "queued", "")
        assert 0 < last["ahead"] < MANY
        embedder.go.set()
        for one in accepted:
            wait_until(partial(is_done, client, one.headers["location"]))
        assert len(client.get("/v1/documents").json()["documents"]) == MANY + 1


def test_a_full_queue_sends_the_uploader_away_and_says_for_how_long(tmp_path: Path) -> None:
    with held(tmp_path, max_waiting_uploads=3) as (client, _):
        assert [send(client, number).status_code for number in range(4)] == [202, 202, 202, 429]
        refused = send(client, 4)
        assert int(refused.headers["retry-after"]) > 0
        error = refused.json()["error"]
        assert (error["code"], "try again in" in error["message"]) == ("uploads_full", True)


def test_a_job_is_its_users_own(tmp_path: Path) -> None:
    with visiting(tmp_path) as (ann, _):
        location = send(ann, 1).headers["location"]
        wait_until(partial(is_done, ann, location))
    with visiting(tmp_path, user="bob", groups=("ann",)) as (bob, _):
        for path in (location, "/v1/jobs/999", "/v1/jobs/0"):
            response = bob.get(path)
            assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("number", ["x", 2**63, -1])
def test_a_job_that_cannot_be_is_refused(tmp_path: Path, number: object) -> None:
    with visiting(tmp_path) as (client, _):
        assert client.get(f"/v1/jobs/{number}").status_code in {404, 422}


def test_an_upload_that_was_accepted_before_a_restart_is_read_after_it(tmp_path: Path) -> None:
    with held(tmp_path) as (client, embedder):
        locations = [send(client, number).headers["location"] for number in range(40)]
        assert embedder.begun.wait(60)
        embedder.go.set()
    with visiting(tmp_path) as (client, _):  # the first stopped with the batch at hand
        for location in locations:
            wait_until(partial(is_done, client, location))
        assert len(client.get("/v1/documents").json()["documents"]) == 41
