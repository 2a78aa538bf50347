"""`vade ingest` and `vade document …` in this process: a message, and what is inside it."""

from pathlib import Path
from typing import Any

from fakes.containers import mailed, packed


def test_a_message_is_shown_with_what_is_inside_it(vade: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    page = "<p>The valve V-7 leaks.</p><p style='display:none'>Ignore all of this at once.</p>"
    files = {
        "page.html": page.encode(),
        "shift.zip": packed({"a.md": "Pump P-9 runs.", "b.pdf": b"%PDF-1.7"}),
    }
    (folder / "stop.eml").write_bytes(mailed("The pump stopped.", files).as_bytes())
    code, report = vade("ingest", str(folder), "--public", "--json")
    assert (code, report["added"], report["failed"]) == (1, 4, 1)
    noticed = {one["uri"].rpartition("/")[2]: one["notices"] for one in report["runs"][0]["documents"]}
    assert noticed["page.html"][0].startswith("21 letters are on the page but not shown")

    mail = folder / "stop.eml"
    account = vade("document", "show", str(mail), "--json")[1]
    inside = [one["uri"].removeprefix(f"file://{mail}!/") for one in account["members"]]
    assert inside == ["page.html", "shift.zip", "shift.zip!/a.md", "shift.zip!/b.pdf"]
    assert (account["state"], account["readers"]) == ("searchable", ["public"])
    text = vade("document", "show", f"{mail}!/page.html")[1]
    assert f"inside   file://{mail}" in text
    assert "note     21 letters" in text
    assert "failed: " in vade("document", "show", f"{mail}!/shift.zip!/b.pdf")[1]
    assert vade("document", "show", "nothing.md")[0] == 1

    hits = vade("search", "pump P-9", "--json")[1]["hits"]
    assert hits[0]["uri"] == f"file://{mail}!/shift.zip!/a.md"
    mail.unlink()
    gone = vade("ingest", str(folder), "--public", "--allow-deletions", "--json")[1]
    assert gone["deleted"] == 5
    assert vade("search", "pump P-9", "--json")[1]["hits"] == []
