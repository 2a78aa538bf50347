"""The URIs of files and of files inside files, and the limit on their length."""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

from core.errors import ParseError
from core.values.documents import INSIDE

# A URI is a key, and PostgreSQL's indexes accept no longer ones.
_LONGEST_BYTES = 2600
# The length of the database's column.
_MAX_URI_CHARS = 4_096
# Characters with another meaning in an IRI, and bytes that are not UTF-8; all others stay readable.
_ESCAPED = re.compile("[%#?\x00-\x1f\x7f\udc80-\udcff]")


def file_uri(path: Path) -> str:
    """Return the IRI of an absolute path: `file:///manuals/泵 2.pdf`."""
    return "file://" + escaped(path.as_posix())


def file_path(uri: str) -> Path:
    """Return the path of which `file_uri` returned this URI."""
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file://"))))


def member_uri(parent: str, path: str) -> str:
    """Return the URI of the file at `path` inside a document: `file:///mail.eml!/plan.pdf`."""
    uri = f"{parent}{INSIDE}{escaped(path)}"
    if len(uri) <= _MAX_URI_CHARS:
        return uri
    return f"{parent[: _MAX_URI_CHARS - 66]}{INSIDE}{hashlib.sha256(uri.encode()).hexdigest()}"


def escaped(path: str) -> str:
    """Return a path as it stands in an IRI, with only the necessary characters escaped."""
    return _ESCAPED.sub(lambda match: f"%{ord(match.group()) & 0xFF:02X}", path)


def is_short(uri: str) -> bool:
    """Return whether a URI is short enough to be stored."""
    return len(uri.encode("utf-8", "replace")) <= _LONGEST_BYTES


def too_long_to_keep(uri: str) -> tuple[str, ParseError]:
    """Return the shortened URI and the error of a document whose URI is too long to be stored."""
    return uri[:_LONGEST_BYTES], ParseError(f"The document's address is longer than {_LONGEST_BYTES} bytes.")
