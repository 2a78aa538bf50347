"""The report of a run, document by document."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import VadeError
from ingest.run.reader_changes import Change, ReaderChange, counted_changes


class Outcome(StrEnum):
    """The outcome of one document in one run."""

    ADDED = "added"
    CHANGED = "changed"
    PERMISSIONS = "permissions"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """The outcome of one document."""

    uri: str
    outcome: Outcome
    reason: str = ""
    """Why it failed; empty if it did not."""
    code: str = ""
    """The stable code of the error."""
    notices: tuple[str, ...] = ()
    """What a person should know about how the document was read."""


Progress = Callable[[DocumentReport, int], None]
"""Called with each document's outcome, and with how many documents are listed by then."""


@dataclass(kw_only=True)
class RunReport:
    """The outcomes of a run, and where its time went."""

    source: str
    """The source's URI."""
    run: int = 0
    """The run's id in the database."""
    listed: int = 0
    """Documents listed; known early in the run."""
    inside: int = 0
    """Files inside these documents, counted as they are met."""
    documents: list[DocumentReport] = field(default_factory=list)
    chunks: int = 0
    """Chunks written."""
    embedded: int = 0
    """Texts embedded; a text whose vector is known is not embedded again."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    suspicion: str = ""
    """Why a person has to look at the run; empty if no one has to."""
    reader_changes: list[Change] = field(default_factory=list)
    """The readers before and after, of each document of which the source names others than before."""
    waiting: int = 0
    """Documents whose new version comes into force only if the golden questions hold."""
    gate: dict[str, Any] = field(default_factory=dict)
    """The verdict of the golden questions on these, as `Verdict.as_json` has it."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def note(
        self, uri: str, outcome: Outcome, error: VadeError | None = None, notices: tuple[str, ...] = ()
    ) -> DocumentReport:
        """Add and return one document's outcome."""
        reason, code = (str(error), error.code) if error else ("", "")
        document = DocumentReport(uri=uri, outcome=outcome, reason=reason, code=code, notices=notices)
        self.documents.append(document)
        return document

    def count(self, outcome: Outcome) -> int:
        """Return how many documents had this outcome."""
        return sum(document.outcome is outcome for document in self.documents)

    @property
    def failures(self) -> list[DocumentReport]:
        """The documents that could not be read, and those whose work was cancelled."""
        return [one for one in self.documents if one.outcome in {Outcome.FAILED, Outcome.CANCELLED}]

    @property
    def readers(self) -> tuple[ReaderChange, ...]:
        """The changes of readers, counted."""
        return counted_changes(self.reader_changes)

    @property
    def is_clean(self) -> bool:
        """Whether the run has no failures and no suspicion."""
        return not self.failures and not self.suspicion

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the time inside the block for a stage; stages that run side by side each count their own."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            with self._lock:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + spent

    def suspect(self, reason: str) -> None:
        """Add a reason why a person has to look at the run."""
        self.suspicion = "; ".join(filter(None, (self.suspicion, reason)))

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is stored: counts, times, and each document that is not unchanged."""
        return {
            "source": self.source,
            "counts": {outcome.value: self.count(outcome) for outcome in Outcome},
            "chunks": self.chunks,
            "embedded": self.embedded,
            "seconds": {stage: round(seconds, 3) for stage, seconds in self.seconds.items()},
            "suspicion": self.suspicion,
            "readers": [change.as_json() for change in self.readers],
            "waiting": self.waiting,
            "gate": self.gate,
            "documents": [asdict(one) for one in self.documents if one.outcome is not Outcome.UNCHANGED],
        }
