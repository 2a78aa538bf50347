"""The rules of a tree: a file's readers and metadata come from the nearest `.vade.yaml` above it."""

from collections.abc import Callable
from pathlib import PurePosixPath

from ingest.connectors.folder import PERMISSIONS_FILE, Rule, rule_of
from ingest.connectors.source import Listed

Read = Callable[[str], bytes]
"""Returns the content of the file at a path within the tree."""


class TreeRules:
    """Rules by path; `rules` are the paths of the tree's `.vade.yaml` files, `default` the other readers.

    Raises: SourceError if one is malformed, and the errors of `read`: a guess would open a door.
    """

    def __init__(self, rules: list[str], read: Read, default: frozenset[str]) -> None:
        self._default = Rule(default)
        self._by_folder = {PurePosixPath(path).parent: rule_of(path, read(path)) for path in rules}

    def of(self, path: str) -> Rule:
        """Return the rule for the file at a path."""
        for folder in PurePosixPath(path).parents:
            if folder in self._by_folder:
                return self._by_folder[folder]
        return self._default


def listed(uri: str, path: str, stamp: str, rule: Rule) -> Listed:
    """Return the file at a path as a source lists it."""
    return Listed(
        uri=uri, name=PurePosixPath(path).name, principals=rule.readers, stamp=stamp, metadata=rule.metadata
    )


def is_rule(path: str) -> bool:
    """Return whether the file at a path is a `.vade.yaml`."""
    return PurePosixPath(path).name == PERMISSIONS_FILE


def is_hidden(path: str) -> bool:
    """Return whether a part of the path begins with a dot: such files are left out, as in a folder."""
    return any(part.startswith(".") for part in PurePosixPath(path).parts)
