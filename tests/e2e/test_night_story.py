"""Three nights over three sources: what changed, what vanished, who may read, a poison file and a kill."""

import http.server
import json
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.poison import poison
from fakes.programs.command import Vade
from fakes.waiting import wait_until

SETTINGS = (
    ("VADE_INGEST__WINDOW_CHUNKS", "2"),  # many transactions, so that a kill comes between two of them
    ("VADE_INGEST__PARSER_MEMORY_BYTES", str(2**28)),
    ("VADE_INGEST__MAX_ATTEMPTS", "2"),
    ("VADE_INGEST__CONNECTORS__ALLOW_NETWORKS", '["127.0.0.0/8"]'),
)
NEW_MANUALS = 12
ASKED = {
    "pump": "How much oil does the feed pump need?",
    "crane": "What is the load limit of the crane?",
    "valve": "At what pressure does the relief valve open?",
    "pay": "When are night shifts paid?",
}
ANN, BOB = {"as": "user:ann", "groups": ["field"]}, {"as": "user:bob"}


@dataclass(frozen=True)
class Plant:
    """A folder, a repository and a site, and the data folder that they are read into."""

    vade: Vade
    root: Path

    def write(self, source: str, name: str, text: str) -> None:
        path = self.root / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def commit(self) -> None:
        for words in (["add", "--all"], ["commit", "--quiet", "--message", "The next state"]):
            who = ["-c", "user.name=ann", "-c", "user.email=ann@localhost"]
            command = ["git", *who, "-C", str(self.root / "repository"), *words]
            subprocess.run(command, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})

    def asked(self) -> dict[str, dict[str, list[str]]]:
        """Return, by question and asker, the names of the documents that a search finds."""
        lines = [
            {"id": f"{name} {who}", "question": question, **asker}
            for name, question in ASKED.items()
            for who, asker in (("ann", ANN), ("bob", BOB))
        ]
        (self.root / "queries.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
        ended = self.vade.run("search", "--queries", self.root / "queries.jsonl")
        assert ended.code == 0, ended.err
        found: dict[str, dict[str, list[str]]] = {}
        for line in ended.lines:
            name, who = line["id"].split()
            hits = [hit["uri"].rsplit("/", 1)[-1] for hit in line["citations"]]
            found.setdefault(name, {})[who] = hits
        return found

    def answers(self, names: list[str], asker: dict[str, Any]) -> list[str]:
        """Return what an asker is answered."""
        lines = [{"id": name, "question": ASKED[name], **asker} for name in names]
        (self.root / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
        ended = self.vade.run("ask", "--questions", self.root / "questions.jsonl")
        assert ended.code == 0, ended.err
        return [line["text"] for line in ended.lines]

    def new_manuals(self) -> int:
        """Return how many of the new manuals are committed, as another program sees it."""
        uri = (self.vade.data_dir / "truth.db").as_uri()
        new = "SELECT count(*) FROM document WHERE uri LIKE '%/new/%' AND state = 'searchable'"
        with closing(sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=5)) as connection:
            committed: int = connection.execute(new).fetchone()[0]
            return committed


@contextmanager
def site(folder: Path) -> Iterator[int]:
    """Serve a folder on a free port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(Vade(tmp_path / "data", SETTINGS), tmp_path)
    plant.write("folder", ".vade.yaml", "read: [group:field]")
    plant.write("folder", "pump.md", "# Feed pump\n\nThe feed pump needs 3 litres of oil.")
    plant.write("folder", "crane.md", "# Crane\n\nThe load limit of the crane is 900 kg.")
    plant.write("repository", "valve.md", "# Relief valve\n\nThe relief valve opens at a pressure of 12 bar.")
    plant.write(
        "site", "index.html", "<h1>Staff</h1><p><a href='pay.html'>Pay</a> for all who work here.</p>"
    )
    plant.write("site", "pay.html", "<h1>Pay</h1><p>Night shifts are paid on the 25th of each month.</p>")
    init = ["git", "init", "--quiet", "--initial-branch", "main", str(tmp_path / "repository")]
    subprocess.run(init, check=True)
    plant.commit()
    with site(tmp_path / "site") as port:
        for words in (
            [str(tmp_path / "folder")],
            [f"git+file://{tmp_path}/repository", "--as", "group:field"],
            [f"http://127.0.0.1:{port}/index.html", "--public", "--set", "delay_seconds=0"],
        ):
            added = plant.vade.run("source", "add", *words)
            assert added.code == 0, added.err
        yield plant


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    """Return what became of each document that is not as it was, by its name."""
    return {
        one["uri"].rsplit("/", 1)[-1]: one["outcome"]
        for run in report["runs"]
        for one in run["documents"]
        if one["outcome"] != "unchanged"
    }


def die_in_the_middle(plant: Plant) -> None:
    """Kill a sync after some of what it has to do is committed."""
    with plant.vade.start("sync", "--json") as process:
        wait_until(lambda: plant.new_manuals() >= 3, runs=lambda: process.poll() is None)
        assert process.poll() is None, "a sync that has work left was killed"
        process.kill()
        process.communicate()


def a_day_passes(plant: Plant) -> None:
    """Change, delete and move documents and their readers; add manuals, and a file that ends its reader."""
    plant.write("folder", "pump.md", "# Feed pump\n\nThe feed pump needs 5 litres of oil.")
    (plant.root / "folder" / "crane.md").unlink()
    plant.write("folder", ".vade.yaml", "read: [user:bob]")
    for number in range(NEW_MANUALS):
        plant.write("folder", f"new/{number:02}.md", f"# Mixer {number}\n\nMixer {number} has {number} arms.")
    (plant.root / "folder" / "new" / "poison.pdf").write_bytes(poison())
    (plant.root / "repository" / "valve.md").rename(plant.root / "repository" / "relief.md")
    plant.commit()
    plant.write("site", "pay.html", "<h1>Pay</h1><p>Night shifts are paid on the 20th of each month.</p>")


def assert_read_whole(plant: Plant) -> None:
    first = plant.vade.run("sync", "--json")
    assert (first.code, first.json["added"], first.json["failed"]) == (0, 5, 0), first.err
    assert len(first.json["runs"]) == 3
    found = plant.asked()
    assert found["pump"]["ann"][0] == "pump.md"
    assert found["valve"]["ann"][0] == "valve.md"
    assert found["pay"]["ann"][0] == found["pay"]["bob"][0] == "pay.html"
    assert not {"pump.md", "crane.md", "valve.md"} & {name for who in found.values() for name in who["bob"]}


def assert_whole_after_the_kill(plant: Plant) -> None:
    checked = plant.vade.run("check", "--json")
    assert checked.json["ok"], checked.json["findings"]
    found = plant.asked()
    assert "pump.md" not in found["pump"]["ann"], "who may read counts as soon as it is listed"


def assert_made_good(plant: Plant) -> None:
    second = plant.vade.run("sync", "--json")
    assert second.code == 1, second.err
    done = outcomes(second.json)
    [failure] = [one for run in second.json["runs"] for one in run["documents"] if one["outcome"] == "failed"]
    assert (failure["uri"].rsplit("/", 1)[-1], failure["code"]) == ("poison.pdf", "crashed")
    assert failure["reason"]
    assert 0 < list(done.values()).count("added") < NEW_MANUALS + 1, "the killed run had done some of it"
    found = plant.asked()
    assert ("pump.md" in found["pump"]["ann"], found["pump"]["bob"][0]) == (False, "pump.md")
    assert "crane.md" not in [*found["crane"]["ann"], *found["crane"]["bob"]]
    assert (found["valve"]["ann"][0], "relief.md" in found["valve"]["bob"]) == ("relief.md", False)
    assert "valve.md" not in found["valve"]["ann"]
    pump, pay = plant.answers(["pump", "pay"], BOB)
    assert ("5 litres" in pump, "3 litres" in pump, "20th" in pay, "25th" in pay) == (True, False) * 2


def assert_waits_for_a_person(plant: Plant) -> None:
    third = plant.vade.run("sync", "--json")
    assert third.code == 1, third.err
    assert (outcomes(third.json), third.json["embedded"]) == ({"poison.pdf": "failed"}, 0)
    [job] = plant.vade.run("job", "list", "--json").json
    assert (job["state"], job["key"].rsplit("/", 1)[-1]) == ("quarantined", "poison.pdf")
    (plant.root / "folder" / "new" / "poison.pdf").unlink()
    fourth = plant.vade.run("sync", "--json")
    assert (fourth.code, fourth.json["deleted"], fourth.json["failed"]) == (0, 1, 0), fourth.err
    checked = plant.vade.run("check", "--json")
    assert (checked.code, checked.json["ok"]) == (0, True), checked.json


@pytest.mark.slow("a site, a repository and a folder are read by a dozen commands")
@pytest.mark.timeout(900)
def test_three_nights(plant: Plant) -> None:
    assert_read_whole(plant)
    a_day_passes(plant)
    die_in_the_middle(plant)
    assert_whole_after_the_kill(plant)
    assert_made_good(plant)
    assert_waits_for_a_person(plant)
