"""The URIs of documents: of files, of files inside files, and which URIs can be kept."""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

from core.errors import ParseError

# A URI is a key: PostgreSQL's indexes take no longer ones.
_LONGEST_BYTES = 2600
# What the database holds of a URI.
_MAX_URI_CHARS = 4_096
# What a path and an IRI read differently, and bytes that are not UTF-8; all else stays readable.
_ESCAPED = re.compile("[%#?\x00-\x1f\x7f\udc80-\udcff]")


def file_uri(path: Path) -> str:
    """Return the IRI of an absolute path: `file:///manuals/泵 2.pdf`."""
    return "file://" + escaped(path.as_posix())


def file_path(uri: str) -> Path:
    """Return the path that `file_uri` made this of."""
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file://"))))


def member_uri(parent: str, path: str) -> str:
    """Return the URI of the file at `path` inside a document: `file:///mail.eml!/plan.pdf`."""
    uri = f"{parent}!/{escaped(path)}"
    if len(uri) <= _MAX_URI_CHARS:
        return uri
    return f"{parent[: _MAX_URI_CHARS - 66]}!/{hashlib.sha256(uri.encode()).hexdigest()}"


def escaped(path: str) -> str:
    """Return a path as an IRI has it; what both read alike stays readable."""
    return _ESCAPED.sub(lambda match: f"%{ord(match.group()) & 0xFF:02X}", path)


def is_short(uri: str) -> bool:
    """Return whether a URI can be kept."""
    return len(uri.encode("utf-8", "replace")) <= _LONGEST_BYTES


def too_long_to_keep(uri: str) -> tuple[str, ParseError]:
    """Return the failure of a document whose URI cannot be kept."""
    return uri[:_LONGEST_BYTES], ParseError(f"its address is longer than {_LONGEST_BYTES} bytes")
