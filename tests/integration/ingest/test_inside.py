from fakes.containers import packed
from integration.ingest import test_pipeline
from integration.ingest.test_pipeline import BROKEN_PDF, Desk

from ingest.run.report import Outcome
from ingest.uris import member_uri

desk = test_pipeline.desk  # the fixture


def test_an_unchanged_archive_costs_nothing_and_what_is_inside_is_told(desk: Desk) -> None:
    desk.source.put("a.zip", packed({"1.md": "The pump runs.", "2.md": "The valve leaks."}))
    assert set(desk.ingest().values()) == {Outcome.ADDED}
    desk.embedded()
    report = desk.report()
    assert {one.uri.removeprefix("fake:shelf/") for one in report.documents} == {
        "a.zip",
        "a.zip!/1.md",
        "a.zip!/2.md",
    }
    assert report.count(Outcome.UNCHANGED) == 3
    assert (desk.embedded(), "parse" in report.seconds) == ([], False)


def test_only_what_changed_inside_is_written_and_embedded(desk: Desk) -> None:
    desk.source.put("a.zip", packed({"1.md": "The pump runs.", "2.md": "The valve leaks.", "3.md": "Oil."}))
    desk.ingest()
    before = desk.readable()
    desk.embedded()
    desk.source.put("a.zip", packed({"1.md": "The pump runs.", "2.md": "The valve is shut.", "4.md": "Fat."}))
    assert desk.ingest() == {
        "a.zip": Outcome.CHANGED,
        "a.zip!/1.md": Outcome.UNCHANGED,
        "a.zip!/2.md": Outcome.CHANGED,
        "a.zip!/3.md": Outcome.DELETED,
        "a.zip!/4.md": Outcome.ADDED,
    }
    assert [text.rpartition("\n")[-1] for text in desk.embedded()][1:] == ["The valve is shut.", "Fat."]
    after = desk.readable()
    assert after["a.zip!/1.md"] == before["a.zip!/1.md"]
    assert (after["a.zip!/2.md"].version, "a.zip!/3.md" in after) == (2, False)
    assert after["a.zip!/4.md"].parent == after["a.zip"].id


def test_what_fails_inside_is_told_each_time_and_tried_again_on_request(desk: Desk) -> None:
    desk.source.put("a.zip", packed({"1.md": "The pump runs.", "2.pdf": BROKEN_PDF}))
    first, second = desk.report(), desk.report()
    for report in (first, second):
        assert [one.uri for one in report.failures] == ["fake:shelf/a.zip!/2.pdf"]
        assert report.failures[0].reason == first.failures[0].reason
    assert desk.readable()["a.zip!/2.pdf"].state == "failed"
    assert "parse" not in second.seconds
    assert "parse" in desk.report(retry=True).seconds


def test_what_is_inside_does_not_count_for_the_fuse(desk: Desk) -> None:
    desk.source.put("a.zip", packed({f"{number}.md": f"Pump {number}." for number in range(40)}))
    for number in range(9):
        desk.source.put(f"{number}.md", "The valve leaks.")
    desk.ingest()
    del desk.source.files["a.zip"]
    report = desk.report()
    assert (report.suspicion, report.count(Outcome.DELETED)) == ("", 41)
    assert len(desk.readable()) == 9


def test_a_message_read_before_keeps_what_is_inside_when_its_next_state_fails(desk: Desk) -> None:
    desk.source.put("a.zip", packed({"1.md": "The pump runs."}))
    desk.ingest()
    desk.source.put("a.zip", None)
    assert desk.ingest() == {"a.zip": Outcome.FAILED}
    assert desk.readable()["a.zip!/1.md"].state == "searchable"


def test_a_file_inside_has_a_uri_that_the_database_holds() -> None:
    assert member_uri("file:///a.eml", "泵 #2.pdf") == "file:///a.eml!/泵 %232.pdf"
    long = "file:///" + "x" * 4_000
    assert len(member_uri(long, "y" * 200)) <= 4_096
    assert member_uri(long, "y" * 200) != member_uri(long, "z" * 200)
