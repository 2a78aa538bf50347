"""What a run did, document by document."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from core.documents import KnownDocument
from core.errors import ParseError


class Outcome(StrEnum):
    """What became of one document in one run."""

    ADDED = "added"
    CHANGED = "changed"
    PERMISSIONS = "permissions"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One document's outcome; `reason` says why it failed, and `code` is the error's."""

    uri: str
    outcome: Outcome
    reason: str = ""
    code: str = ""


@dataclass
class RunReport:
    """A run's outcomes and where its time went, in seconds by stage."""

    source: str
    documents: list[DocumentReport] = field(default_factory=list)
    chunks: int = 0
    embedded: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> int:
        """Return how many documents had this outcome."""
        return sum(document.outcome is outcome for document in self.documents)

    @property
    def failures(self) -> list[DocumentReport]:
        """The documents that could not be read."""
        return [document for document in self.documents if document.outcome is Outcome.FAILED]


Progress = Callable[[DocumentReport], None]


class Run:
    """A run under way: what was known at its start, and the report that it writes."""

    def __init__(self, source_uri: str, tell: Progress) -> None:
        self.source_id = 0
        self.known: dict[str, KnownDocument] = {}
        self.report = RunReport(source_uri)
        self._tell = tell
        self._lock = threading.Lock()

    def tell(self, uri: str, outcome: Outcome, error: ParseError | None = None) -> None:
        """Note one document's outcome and pass it on."""
        reason, code = (str(error), error.code) if error else ("", "")
        document = DocumentReport(uri, outcome, reason, code)
        self.report.documents.append(document)
        self._tell(document)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the time inside as this stage's; stages that run side by side each count theirs."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            with self._lock:
                self.report.seconds[stage] = self.report.seconds.get(stage, 0.0) + spent
