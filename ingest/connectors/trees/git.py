"""A branch of a Git repository as a source: the files of its newest commit."""

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from core.errors import FetchError, InputError, ParseError, TooLargeError
from core.settings import IngestSettings
from ingest.connectors.http.guard import AddressGuard, check_host
from ingest.connectors.listing import in_parts, naming_source
from ingest.connectors.options import SecretOptions
from ingest.connectors.source import Listed, Listing
from ingest.connectors.trees.git_command import GitCommand
from ingest.connectors.trees.rules import MOST_RULE_BYTES, TreeRules, is_document, listed
from ingest.uris import escaped

_SCHEMES = ("git+file", "git+https", "git+http", "git+ssh")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*")
_FILE_MODES = frozenset({"100644", "100755"})
_LFS_MARK = b"version https://git-lfs.github.com/spec/"


class GitOptions(SecretOptions):
    """The options of a Git source: the branch, and a folder of it."""

    branch: str = Field("HEAD", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./+-]*$")
    path: str = Field("", description="only what lies below this folder of the repository")

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in _SCHEMES:
            raise ValueError(f"the address begins with one of {', '.join(_SCHEMES)}")
        if parts.password or (parts.username and parts.scheme != "git+ssh"):
            raise ValueError("a name or password in the address is not used; write user= and password_env=")
        if parts.scheme == "git+file":
            if parts.netloc or not parts.path.startswith("/"):
                raise ValueError("write git+file:///FOLDER")
            return self
        if not _HOST.fullmatch(parts.hostname or "") or (parts.username or "").startswith("-"):
            raise ValueError("the address has no host")
        try:
            check_host(parts.hostname or "")
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def remote(self) -> str:
        """The address as git takes it."""
        return self.url.removeprefix("git+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blob:
    """An entry of the tree that is no folder."""

    path: str
    content: str
    """The hash of its content."""
    size: int
    """Bytes."""
    is_file: bool
    """If not, it is a link or a submodule."""


class GitSource:
    """The files of a branch's newest commit; hidden files, links and submodules are left out.

    Every listing is complete and transfers only changes. A document's stamp is the hash of its content,
    and exactly that content is fetched, even if the branch has moved on.
    """

    kind = "git"

    def __init__(self, options: GitOptions, settings: IngestSettings, folder: Path) -> None:
        self._options = options
        self._max_bytes = settings.max_file_bytes
        self._guard = AddressGuard(settings.connectors.allow_networks)
        name = hashlib.sha256(options.url.encode()).hexdigest()[:16]
        self._git = GitCommand(folder / f"git-{name}", settings.connectors.command_seconds)
        self._fetched = False
        self._lock = threading.Lock()
        below = f"/{options.path.strip('/')}" if options.path.strip("/") else ""
        self.uri = escaped(
            options.url.rstrip("/") + ("" if options.branch == "HEAD" else f"@{options.branch}") + below
        )

    @property
    def config(self) -> Mapping[str, Any]:
        """The address, the branch and the default readers."""
        return self._options.config

    def listings(self, cursor: str) -> Iterator[Listing]:
        """Yield the files in order of their path.

        Raises: SourceError if the repository cannot be fetched.
        """
        with naming_source(self.uri):
            blobs = self._blobs(self._fetch())
            near = {blob.path: blob for blob in blobs if self._rules(blob.path)}
            rules = TreeRules(near, lambda path: self._rule(near[path]), self._uri, self._options.readers)
        yield Listing(gone=rules.not_documents)
        yield from in_parts(
            (
                listed(self._uri(blob.path), blob.path, _stamp(blob), rules.of(blob.path))
                for blob in blobs
                if blob.is_file and is_document(blob.path) and self._is_below(blob.path)
            ),
            rules.problems,
        )

    def fetch(self, listed: Listed) -> bytes:
        """Return a file's content as it was when it was listed.

        Raises: FetchError if git cannot give it; TooLargeError; ParseError if the file only
        refers to content in Git LFS.
        """
        content, _, size = listed.stamp.partition(" ")
        if not _HASH.fullmatch(content) or not size.isdecimal():
            raise FetchError("the content of the file is not known; it comes with the next listing")
        if int(size) > self._max_bytes:
            raise TooLargeError(f"the file has {int(size):,} bytes; the limit is {self._max_bytes:,}")
        found = self._content(content)
        if found.startswith(_LFS_MARK):
            raise ParseError("the content of this file is in Git LFS, which is not read")
        return found

    def close(self) -> None:
        """Do nothing: no connection or file is held open."""

    def _fetch(self) -> str:
        login = (self._options.user or "git", self._options.password())
        commit = self._git.fetch(self._options.remote, self._options.branch, login, self._guard)
        self._fetched = True
        return commit

    def _content(self, content: str) -> bytes:
        try:
            return self._git.run("cat-file", "blob", content)
        except FetchError:
            with self._lock:
                if self._fetched:
                    raise
                self._fetch()
        return self._git.run("cat-file", "blob", content)

    def _blobs(self, commit: str) -> list[_Blob]:
        raw = self._git.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        blobs = []
        for entry in raw.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            head, path = entry.split("\t", 1)
            mode, _, content, size = head.split()
            is_file = mode in _FILE_MODES
            blobs.append(_Blob(path=path, content=content, size=int(size) if is_file else 0, is_file=is_file))
        return blobs

    def _rule(self, blob: _Blob) -> bytes:
        if not blob.is_file:
            raise FetchError("it is a link or a submodule, which is not followed")
        if blob.size > MOST_RULE_BYTES:
            raise TooLargeError
        return self._content(blob.content)

    def _is_below(self, path: str) -> bool:
        below = self._options.path.strip("/")
        return not below or path.startswith(f"{below}/")

    def _rules(self, path: str) -> bool:
        """Return whether a rule at this path would rule files of the source, from above or below."""
        folder = path.rpartition("/")[0]
        return self._is_below(path) or f"{self._options.path.strip('/')}/".startswith(
            f"{folder}/" if folder else ""
        )

    def _uri(self, path: str) -> str:
        below = self._options.path.strip("/")
        return f"{self.uri}/{escaped(path.removeprefix(f'{below}/') if below else path)}"


def _stamp(blob: _Blob) -> str:
    return f"{blob.content} {blob.size}"
