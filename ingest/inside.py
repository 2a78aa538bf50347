"""What a file inside another one is called."""

import hashlib

from ingest.connectors.folder import escaped

# What the database holds of a URI.
_MAX_URI_CHARS = 4_096


def member_uri(parent: str, path: str) -> str:
    """Return the URI of the file at `path` inside a document: `file:///mail.eml!/plan.pdf`."""
    uri = f"{parent}!/{escaped(path)}"
    if len(uri) <= _MAX_URI_CHARS:
        return uri
    return f"{parent[: _MAX_URI_CHARS - 66]}!/{hashlib.sha256(uri.encode()).hexdigest()}"
