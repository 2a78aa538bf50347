from core.store.documents.snapshot import DocumentSnapshot, MemberSnapshot
from ingest.run.journal import Journal
from ingest.run.report import DocumentReport, Outcome, RunReport


def test_each_outcome_goes_into_the_report_and_to_the_caller() -> None:
    seen: list[tuple[DocumentReport, int]] = []
    report = RunReport(source="fake:shelf", listed=3)
    journal = Journal(report, lambda document, listed: seen.append((document, listed)))
    journal.report_outcome("fake:shelf/pump", Outcome.ADDED, notices=("a page is empty",))
    journal.report_member("fake:shelf/pump!/a", Outcome.ADDED)
    assert [(one.uri, listed) for one, listed in seen] == [("fake:shelf/pump", 3), ("fake:shelf/pump!/a", 4)]
    assert report.documents == [one for one, _ in seen]


def test_a_member_that_failed_before_fails_again_unless_it_is_deleted() -> None:
    members = (MemberSnapshot("a", "searchable", ""), MemberSnapshot("b", "failed", "it is damaged"))
    known = DocumentSnapshot(
        id=1,
        state="searchable",
        reason="",
        content_sha256="",
        stamp="",
        pipeline="",
        principals=frozenset(),
        readable=True,
        members=members,
    )
    journal = Journal(RunReport(source="fake:shelf"), lambda document, listed: None)
    journal.report_members(known, Outcome.UNCHANGED)
    journal.report_members(known, Outcome.DELETED)
    assert [(one.outcome, one.reason) for one in journal.report.documents] == [
        (Outcome.UNCHANGED, ""),
        (Outcome.FAILED, "it is damaged"),
        (Outcome.DELETED, ""),
        (Outcome.DELETED, ""),
    ]
