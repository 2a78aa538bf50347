"""The journal of one run: each outcome goes into its report and to the caller who watches."""

from core.errors import ParseError, VadeError
from core.store.documents.snapshot import DocumentSnapshot
from core.values.documents import DocumentState
from ingest.run.report import Outcome, Progress, RunReport

GIVEN_UP = frozenset({DocumentState.FAILED, DocumentState.QUARANTINED})
"""States that need a person, or a change."""


class Journal:
    """Writes a run's report and calls `on_progress` with each outcome."""

    def __init__(self, report: RunReport, on_progress: Progress) -> None:
        self.report = report
        self.regranted: set[str] = set()
        """Documents whose readers changed in this run, by URI."""
        self._on_progress = on_progress

    def report_outcome(
        self, uri: str, outcome: Outcome, error: VadeError | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Note one document's outcome and pass it on."""
        document = self.report.note(uri, outcome, error, notices)
        self._on_progress(document, self.report.listed + self.report.inside)

    def report_member(
        self, uri: str, outcome: Outcome, error: VadeError | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        """Note the outcome of a file inside a document, which no source lists."""
        self.report.inside += 1
        self.report_outcome(uri, outcome, error, notices)

    def report_members(self, known: DocumentSnapshot, outcome: Outcome) -> None:
        """Note the outcome that the files inside a document share with it.

        A file that failed before is reported as failed again, unless it is deleted.
        """
        for member in known.members:
            if member.state in GIVEN_UP and outcome is not Outcome.DELETED:
                self.report_member(member.uri, Outcome.FAILED, ParseError(member.reason))
            else:
                self.report_member(member.uri, outcome)
