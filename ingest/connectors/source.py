"""The protocol of a source of documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import ParseError
from core.values.metadata import NONE, Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document that a source lists."""

    uri: str
    name: str
    """Its file name."""
    principals: frozenset[str]
    """Who may read it; without principals, no one may."""
    stamp: str = ""
    """Changes whenever the content may have changed; at most 255 characters, empty if unknown."""
    metadata: Metadata = NONE
    """What the source says about the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A part of a source's listing."""

    listed: Sequence[Listed] = ()
    """Documents that are new, changed or unchanged."""
    gone: Sequence[str] = ()
    """URIs of documents that are known to be removed."""
    unreadable: Sequence[tuple[str, ParseError]] = ()
    """URIs that could not be looked into, and why; documents at or below them are kept."""
    limits: Sequence[tuple[str, frozenset[str]]] = ()
    """URIs whose readers could not be found out, and who may at most go on reading what is at or below them
    and is not listed."""
    cursor: str = ""
    """Where the next listing may go on once this part is recorded; empty keeps the cursor before."""
    complete: bool = False
    """With this part the listing has named every document; any other document is removed.

    A listing that ends complete gives its cursor with its last part."""
    readers_hours: float = 0.0
    """How long the permissions are valid after the last complete listing; 0 is for ever."""


class Source(Protocol):
    """A source lists documents and fetches them; `kind` and `config` (JSON) open it again.

    Every URI that it lists is its own URI or lies below it: `uri + "/..."`.
    """

    uri: str
    kind: str

    @property
    def config(self) -> Mapping[str, Any]:
        """The options that open this source again; no secret is among them."""
        ...

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the source's documents, or the changes since `cursor`, in a stable order.

        Raises: SourceError if the listing fails; what was recorded before stays recorded, and no
        document may be taken for removed.
        """
        ...

    def fetch(self, listed: Listed) -> bytes:
        """Return a document's content; several threads may call at once.

        Raises: FetchError if it cannot be fetched now; ParseError if it never can, as beyond a limit.
        """
        ...

    def close(self) -> None:
        """Close connections and files."""
        ...
