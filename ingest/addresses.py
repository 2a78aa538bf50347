"""Which addresses of documents can be kept."""

from core.errors import ParseError

# An address is a key: PostgreSQL's indexes take no longer ones.
_LONGEST_BYTES = 2600


def is_short(uri: str) -> bool:
    """Return whether an address can be kept."""
    return len(uri.encode("utf-8", "replace")) <= _LONGEST_BYTES


def too_long_to_keep(uri: str) -> tuple[str, ParseError]:
    """Return how a document is told whose address cannot be kept."""
    return uri[:_LONGEST_BYTES], ParseError(f"its address is longer than {_LONGEST_BYTES} bytes")
