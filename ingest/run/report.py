"""What a run did, document by document."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import VadeError


class Outcome(StrEnum):
    """What became of one document in one run."""

    ADDED = "added"
    CHANGED = "changed"
    PERMISSIONS = "permissions"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """One document's outcome; `reason` says why it failed, and `code` is the error's.

    `notices` are what a person should know of how it was read.
    """

    uri: str
    outcome: Outcome
    reason: str = ""
    code: str = ""
    notices: tuple[str, ...] = ()


Progress = Callable[[DocumentReport, int], None]
"""Called with each document's outcome, and how many documents are listed by then."""


@dataclass(kw_only=True)
class RunReport:
    """A run's outcomes and where its time went, in seconds by stage.

    `listed` is known early; `inside` counts the files inside those, as they are met. `waiting` counts the
    documents whose new version does not come into force by itself, `gate` is what became of them.
    """

    source: str
    run: int = 0
    listed: int = 0
    inside: int = 0
    documents: list[DocumentReport] = field(default_factory=list)
    chunks: int = 0
    embedded: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    suspicion: str = ""
    waiting: int = 0
    gate: dict[str, Any] = field(default_factory=dict)
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
    def is_clean(self) -> bool:
        """Whether nothing failed and nothing was suspicious."""
        return not self.failures and not self.suspicion

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the time inside as this stage's; stages that run side by side each count theirs."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            with self._lock:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + spent

    def suspect(self, reason: str) -> None:
        """Note something that a person has to look at."""
        self.suspicion = "; ".join(filter(None, (self.suspicion, reason)))

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of the run: counts, times, and each document that is not as it was."""
        return {
            "source": self.source,
            "counts": {outcome.value: self.count(outcome) for outcome in Outcome},
            "chunks": self.chunks,
            "embedded": self.embedded,
            "seconds": {stage: round(seconds, 3) for stage, seconds in self.seconds.items()},
            "suspicion": self.suspicion,
            "waiting": self.waiting,
            "gate": self.gate,
            "documents": [asdict(one) for one in self.documents if one.outcome is not Outcome.UNCHANGED],
        }
