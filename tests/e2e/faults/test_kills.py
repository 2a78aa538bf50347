"""`vade ingest` killed again and again, in the middle of its work: nothing is lost, stuck or there twice."""

import random
import sqlite3
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from fakes.programs.command import Vade

FILES, REWRITTEN = 30, 12
SEED = 20
# From the commit of the last document to the end of the process, about.
SAVING_SECONDS = 0.4


@pytest.fixture
def vade(tmp_path: Path) -> Vade:
    return Vade(tmp_path / "data", (("VADE_INGEST__WINDOW_CHUNKS", "2"),))


def rewrite(folder: Path, names: list[str], edition: int) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        sections = [f"## Part {part}\n\nEdition {edition} of {name}, part {part}.\n" for part in range(3)]
        (folder / name).write_text(f"# Manual {name}\n\n" + "\n".join(sections), "utf-8")


def query(vade: Vade, statement: str) -> list[Any]:
    """Ask the database beside the program; empty while there are no tables."""
    uri = (vade.data_dir / "truth.db").as_uri()
    try:
        with closing(sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute(statement).fetchall()
    except sqlite3.OperationalError:
        return []


def changes(vade: Vade) -> int:
    """Return how many changes are committed."""
    return sum(seq or 0 for (seq,) in query(vade, "SELECT max(seq) FROM change"))


def kill_after(vade: Vade, folder: Path, commits: int, delay: float) -> bool:
    """Start an ingest, kill it `delay` seconds after so many commits; return whether that came in time."""
    target = changes(vade) + commits
    with vade.start("ingest", "--public", folder) as process:
        while process.poll() is None and changes(vade) < target:
            time.sleep(0.002)  # its commits are seen in the database alone
        time.sleep(delay)  # the moment of the kill, drawn by chance
        in_time = process.poll() is None
        process.kill()
        process.communicate()
    return in_time


def searchable(vade: Vade) -> dict[str, str]:
    """Return the content's hash of each searchable document; fails if one is there twice."""
    rows = query(
        vade,
        "SELECT uri, version.content_sha256 FROM document "
        "JOIN version ON version.document_id = document.id "
        "WHERE tombstoned_at IS NULL AND state = 'searchable'",
    )
    assert len(rows) == len(dict(rows))
    return dict(rows)


def digest(uri: str) -> str:
    return sha256(Path(unquote(urlsplit(uri).path)).read_bytes()).hexdigest()


@pytest.mark.timeout(600)
def test_a_killed_ingest_is_taken_up_where_it_stopped(vade: Vade, tmp_path: Path, kills: int) -> None:
    chance, folder = random.Random(SEED), tmp_path / "manuals"
    names = [f"{number:02}.md" for number in range(FILES)]
    rewrite(folder, names, 0)
    uris = [f"file://{folder / name}" for name in names]
    before: set[str] = set()
    for edition in range(1, kills + 1):
        saving = edition % 3 == 0  # all is committed, and the indexes are being written
        held = searchable(vade)
        left = sum(held.get(uri) != digest(uri) for uri in uris)
        commits = left if saving else chance.randint(1, left - 2)
        in_time = kill_after(vade, folder, commits, chance.uniform(0, SAVING_SECONDS if saving else 0.05))
        assert in_time or saving, "an ingest that has work left was killed"
        report = vade.run("check", "--json").json
        assert report["ok"], report["findings"]
        now = searchable(vade)
        assert before <= set(now)
        assert changes(vade) >= commits
        before = set(now)
        rewrite(folder, chance.sample(names, REWRITTEN), edition)
    last = vade.run("ingest", "--public", "--json", folder)
    assert (last.code, last.json["failed"]) == (0, 0), last.err
    now = searchable(vade)
    assert len(now) == FILES
    assert now == {uri: digest(uri) for uri in now}, "every document is as its file is"
    assert vade.run("check", "--json").json["ok"]
