"""What a source of documents must be able to do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.errors import ParseError


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that a source says it holds; `name` is its file name."""

    uri: str
    name: str
    principals: frozenset[str]


class Source(Protocol):
    """Lists documents and fetches them."""

    uri: str

    def list(self) -> Sequence[Listed]:
        """Return everything the source holds now, in a stable order.

        Raises: SourceError if it cannot tell; then nothing may be taken for removed.
        """
        ...

    def fetch(self, listed: Listed) -> bytes:
        """Return a document's content; several threads may ask at once.

        Raises: ParseError if it cannot be fetched, TooLargeError if it is over the limit.
        """
        ...

    def gone(self, known: Collection[str]) -> Sequence[str]:
        """Return which of the known URIs the last listing proves to be no longer there.

        Raises: SourceError if the listing is not to be believed.
        """
        ...

    def problems(self) -> Sequence[tuple[str, ParseError]]:
        """Return the URIs of the parts that the last listing could not look into, and why."""
        ...
