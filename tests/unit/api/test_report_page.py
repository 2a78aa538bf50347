from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from api.report_page import report_page
from core.store.sources import RunEntry, RunState, SourceEntry

BEGUN = datetime(2026, 11, 25, 2, 15, tzinfo=UTC)
SOURCE = SourceEntry(id=1, uri="file:///srv/<documents>", kind="folder", config={}, cursor="", scheduled=True)
COUNTS = {"added": 1, "changed": 0, "permissions": 0, "unchanged": 1124, "deleted": 0, "failed": 0}


def run(state: RunState = RunState.DONE, reason: str = "", **report: Any) -> RunEntry:
    kept = {"counts": COUNTS, "chunks": 40, "seconds": {"embed": 8.0}, "documents": [], **report}
    return RunEntry(
        id=7,
        source_id=1,
        state=state,
        reason=reason,
        report=kept,
        started_at=BEGUN,
        finished_at=BEGUN + timedelta(seconds=75),
    )


def document(uri: str, outcome: str, reason: str = "", *notices: str) -> dict[str, Any]:
    return {"uri": uri, "outcome": outcome, "reason": reason, "code": "", "notices": list(notices)}


def page(*runs: RunEntry) -> str:
    return report_page([(SOURCE, one) for one in runs], BEGUN)


def test_a_good_run_says_what_it_did_and_how_fast() -> None:
    shown = page(run())
    assert "1 run, all well" in shown
    assert "took 1 min 15 s · 15.0 documents/s · 40 chunks written, 0.5/s" in shown
    assert "<b>1,124</b><small>unchanged</small>" in shown
    assert ">done</span>" in shown


def test_what_failed_stands_there_with_its_reason_and_nothing_in_it_is_markup() -> None:
    failed = document("file:///a&b.pdf", "failed", "it holds <script>alert(1)</script>")
    shown = page(run(counts={**COUNTS, "failed": 1}, documents=[failed, document("x", "added", "", "look")]))
    assert "file:///a&amp;b.pdf" in shown
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert "&lt;documents&gt;" in shown
    assert "some files failed" in shown
    assert "1 of 1 run needs attention" in shown
    assert "<small>look</small>" in shown


def test_a_gate_that_kept_documents_back_names_the_questions() -> None:
    broken = [{"id": 3, "question": "How fast?", "reason": "it was refused"}]
    gate = {"passed": False, "broken": broken, "waiting": 12}
    shown = page(run(RunState.SUSPICIOUS, "12 documents wait", waiting=12, gate=gate))
    assert "12 documents are waiting: 1 golden question would break" in shown
    assert "How fast?<small>it was refused</small>" in shown


def test_what_is_to_be_looked_at_comes_first_and_a_run_under_way_has_no_end() -> None:
    failed = run(RunState.FAILED, "the share is away", counts={}, documents=[])
    going = replace(run(RunState.RUNNING), report={}, finished_at=None)
    shown = page(going, run(), failed)
    assert shown.index("the share is away") < shown.index("under way")
    assert "1 of 3 runs needs attention" in shown


def test_a_page_of_nothing_and_one_of_thousands() -> None:
    assert "No run yet." in page()
    assert "no runs ·" in page()
    many = page(run(documents=[document(f"file:///{number}", "added") for number in range(700)]))
    assert "<summary>700 added</summary>" in many
    assert "and 200 more" in many


def test_the_page_fetches_nothing() -> None:
    shown = page(run())
    assert "http" not in shown.replace("http-equiv", "")
    assert "src=" not in shown
    assert "url(" not in shown


def test_no_value_becomes_markup_or_a_template() -> None:
    hostile = "\"><img src=x onerror='alert(1)'>{{ 7 * 7 }}{% include '/etc/passwd' %}</style>"
    gate = {"passed": False, "broken": [{"question": hostile, "reason": hostile}], "waiting": 1}
    documents = [document(hostile, "failed", hostile), document(hostile, "added", "", hostile)]
    gated = run(RunState.SUSPICIOUS, hostile, waiting=1, gate=gate, documents=documents)
    failed = run(RunState.FAILED, hostile, seconds={hostile: 1.0})
    shown = report_page([(replace(SOURCE, uri=hostile), one) for one in (gated, failed)], BEGUN)
    assert "<img" not in shown
    assert shown.count("</style>") == 1
    assert shown.count("&#34;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;{{ 7 * 7 }}{% include") == 11
