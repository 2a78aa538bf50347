"""The commands over PostgreSQL, as over SQLite."""

from pathlib import Path

from fakes.programs.command import Vade
from fakes.servers.postgresql import PostgresServer


def test_what_is_ingested_is_answered_and_agrees(postgresql: PostgresServer, tmp_path: Path) -> None:
    vade = Vade(tmp_path / "data", (("VADE_DATABASE_URL", postgresql.new_database()),))
    folder = tmp_path / "manuals"
    folder.mkdir()
    (folder / "pump.md").write_text("# Feed pump\n\nThe feed pump needs 3 litres of oil.", "utf-8")
    ingested = vade.run("ingest", "--public", "--json", folder)
    assert (ingested.code, ingested.json["added"]) == (0, 1), ingested.err
    answer = vade.run("ask", "How much oil does the feed pump need?", "--json").json
    assert "3 litres" in answer["text"]
    checked = vade.run("check", "--json")
    assert (checked.code, checked.json["ok"]) == (0, True), checked.json
    assert not (vade.data_dir / "truth.db").exists()


def test_a_server_that_is_away_is_one_line_at_once(tmp_path: Path) -> None:
    vade = Vade(tmp_path / "data", (("VADE_DATABASE_URL", "postgresql://ann:secret@127.0.0.1:1/truth"),))
    ended = vade.run("source", "list")
    assert ended.code == 1
    assert (ended.err.startswith("vade: "), ended.err.count("\n")) == (True, 1), ended.err
    assert ("Connection refused" in ended.err, "secret" in ended.err) == (True, False)
