"""Changes of readers in a run: how many documents go from which readers to which."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.store.documents.snapshot import DocumentSnapshot
from core.values.documents import DocumentState
from ingest.connectors.source import Listed

Change = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class ReaderChange:
    """Documents with the same readers before and after."""

    before: frozenset[str]
    after: frozenset[str]
    documents: int

    def as_json(self) -> dict[str, Any]:
        """Return all fields for a JSON report."""
        return {"before": sorted(self.before), "after": sorted(self.after), "documents": self.documents}

    def as_text(self) -> str:
        """Return the change in words."""
        things = "1 document" if self.documents == 1 else f"{self.documents:,} documents"
        return f"{things}: read by {_named(self.before)} before, by {_named(self.after)} from now on"


def reader_change(known: DocumentSnapshot | None, listed: Listed) -> Change | None:
    """Return the readers of a known document before and after a listing; None if they stay."""
    if known is None or known.state == DocumentState.DELETED or known.principals == listed.principals:
        return None
    return known.principals, listed.principals


def counted_changes(changes: Iterable[Change]) -> tuple[ReaderChange, ...]:
    """Return the changes of many documents, those of most documents first."""
    return tuple(
        ReaderChange(before, after, number) for (before, after), number in Counter(changes).most_common()
    )


def _named(principals: frozenset[str]) -> str:
    return ", ".join(sorted(principals)) or "no one"
