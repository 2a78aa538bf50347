"""What the contract suite asks of a partner: the place that a connector reads, under the test's control."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from api.app import App
from ingest.connectors.source import Source
from ingest.connectors.sources import open_source, source_at

READERS = frozenset({"group:field"})
# Sources on this machine are allowed to the tests of connectors, and to nobody else.
LOOPBACK = {"allow_networks": ["127.0.0.0/8", "::1/128"]}
SHELF_LOADER = "integration.ingest.connectors.shelf_loader:ShelfLoader"


class Partner(Protocol):
    """A place that holds documents by name; `place` and `options` are what `vade source add` is given."""

    place: str
    options: Mapping[str, str]
    grants: bool
    """Whether the place itself says who may read what."""

    def put(self, name: str, text: str) -> None:
        """Put a document in, or change it."""
        ...

    def remove(self, name: str) -> None:
        """Take a document out."""
        ...

    def grant(self, name: str, *groups: str) -> frozenset[str]:
        """Let only these groups read a document; return the principals that this comes to."""
        ...

    def away(self, name: str) -> AbstractContextManager[None]:
        """Fail when the document is asked for, and then no more."""
        ...

    def down(self) -> AbstractContextManager[None]:
        """Fail whatever is asked, and then no more."""
        ...


def open_partner(app: App, partner: Partner) -> Source:
    """Open a source as the command line does, and again as the nightly run does."""
    from core.store.sources import SourceEntry

    first = source_at(partner.place, partner.options, READERS, app.settings)
    first.close()
    return open_source(
        SourceEntry(id=1, uri=first.uri, kind=first.kind, config=first.config, cursor="", scheduled=True),
        app.settings,
    )


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file below a folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
