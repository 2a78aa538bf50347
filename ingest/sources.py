"""Opens a source again from what the database remembers of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import SourceError
from core.permissions import principal
from core.settings import IngestSettings
from core.sources import SourceEntry
from ingest.folder import FolderSource
from ingest.source import Source


def open_source(entry: SourceEntry, settings: IngestSettings) -> Source:
    """Return the source that `entry` describes.

    Raises: SourceError if its kind cannot be opened again, as an upload, or its configuration is malformed.
    """
    kind = KINDS.get(entry.kind)
    if kind is None:
        raise SourceError(f"{entry.uri} cannot be opened again; hand its documents in anew")
    try:
        return kind(entry.config, settings)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{entry.uri}: its configuration is malformed: {error!r}") from error


def _folder(config: Mapping[str, Any], settings: IngestSettings) -> Source:
    readers = frozenset(principal(name) for name in config["read"])
    return FolderSource(Path(config["path"]), readers, settings.max_file_bytes)


KINDS: dict[str, Callable[[Mapping[str, Any], IngestSettings], Source]] = {"folder": _folder}
