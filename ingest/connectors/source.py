"""What a source of documents must be able to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import ParseError
from core.values.metadata import NONE, Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document that a source says it holds; `name` is its file name.

    `stamp` changes whenever the content may have changed, at most 255 characters; empty if the
    source cannot tell without giving the content. Without principals nobody may read the document.
    `metadata` is what the source says of it.
    """

    uri: str
    name: str
    principals: frozenset[str]
    stamp: str = ""
    metadata: Metadata = NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A part of what a source tells about itself.

    `listed` is new, changed or as it was; `gone` is proved to be removed. `unreadable` are URIs of
    parts that could not be looked into, and why: what is known at or below them is kept. `cursor`
    is where the next listing may go on once this part is recorded; empty keeps the one before.
    `complete` says that with this part everything the source holds has been listed in this
    listing: what was not is gone. A listing that ends complete gives its cursor with its last part.
    For `readers_hours` after the last complete listing the permissions count; 0 is for ever.
    """

    listed: Sequence[Listed] = ()
    gone: Sequence[str] = ()
    unreadable: Sequence[tuple[str, ParseError]] = ()
    cursor: str = ""
    complete: bool = False
    readers_hours: float = 0.0


class Source(Protocol):
    """Lists documents and fetches them; `kind` and `config` (JSON) open it again.

    Every URI that it lists is its own URI or stands below it: `uri + "/..."`.
    """

    uri: str
    kind: str

    @property
    def config(self) -> Mapping[str, Any]:
        """What opens this source again; no secret."""
        ...

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield what the source holds, or what became of it since `cursor`, in a stable order.

        Raises: SourceError if it cannot tell; what was recorded before stays recorded, and nothing
        may be taken for removed.
        """
        ...

    def fetch(self, listed: Listed) -> bytes:
        """Return a document's content; several threads may ask at once.

        Raises: FetchError if it cannot be had now, ParseError if it never can, as beyond a limit.
        """
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
