"""Uploads as a test hands them in, without the queue."""

from ingest.connectors.upload import HandedIn, UploadSource, usable_name


def upload_of(user: str, name: str, content: bytes, readers: frozenset[str]) -> UploadSource:
    """Return one file as a source. Raises: InputError."""
    return UploadSource(user, [HandedIn(usable_name(name), readers, lambda: content)])
