"""The files inside a file, and inside those, under limits for all of them together."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from core.errors import ParseError, TooLargeError
from core.values.documents import INSIDE, Member, ParsedDocument
from ingest.parsers.base import Container, clean
from ingest.parsers.progress import begin_member

Read = Callable[[bytes, str], tuple[ParsedDocument, Container | None]]
"""Returns the document of one file, and its parser if the file holds others. Raises: ParseError."""
Lost = Mapping[str, ParseError]
"""The files inside that are not parsed again: for each path the error that ended its parsing process."""
NONE_LOST: Lost = MappingProxyType({})

# People attach archives to messages and archive those; deeper nesting is a bomb.
MAX_DEPTH = 4
MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 512 * 2**20
# Of a path inside one file; its end is kept, because that names the file.
_PATH_CHARS = 200
MAX_PATH_CHARS = MAX_DEPTH * (_PATH_CHARS + 10)


class Unpacking:
    """Parses the files inside one outermost file; `max_text_bytes` limits all their text as UTF-8.

    Files whose paths are in `lost` are not parsed.
    """

    def __init__(self, read: Read, max_text_bytes: int, lost: Lost) -> None:
        self._read = read
        self._lost = lost
        self._text_left = max_text_bytes
        self._bytes_left = MAX_UNPACKED_BYTES
        self._paths: set[str] = set()

    def count(self, document: ParsedDocument) -> None:
        """Subtract a document's text from the limit. Raises: TooLargeError beyond it."""
        self._text_left -= len(document.text.encode())
        if self._text_left < 0:
            raise TooLargeError("The files inside hold more text than the limit allows; unpack the file.")

    def members(
        self, container: Container, content: bytes, name: str, above: str = "", depth: int = 1
    ) -> Iterator[Member]:
        """Yield every file inside, each followed by the files inside it.

        Raises: ParseError if the container cannot be opened; TooLargeError beyond a limit.
        """
        for path, held in container.members(content, name):
            place = self._free_place(above, path)
            if isinstance(held, ParseError):
                yield Member(
                    path=place, content_sha256=hashlib.sha256().hexdigest(), size_bytes=0, document=held
                )
                continue
            self._bytes_left -= len(held)
            if self._bytes_left < 0:
                raise TooLargeError(
                    f"The files inside have more than {MAX_UNPACKED_BYTES / 1e6:.0f} MB, like a ZIP bomb; "
                    "if the file is not one, unpack it."
                )
            yield from self._member(place, held, depth)

    def _member(self, place: str, content: bytes, depth: int) -> Iterator[Member]:
        digest, size = hashlib.sha256(content).hexdigest(), len(content)
        try:
            if place in self._lost:
                raise self._lost[place]
            begin_member(place)
            document, container = self._read(content, PurePosixPath(place).name)
            begin_member("")
            if container is not None and depth >= MAX_DEPTH:
                raise TooLargeError(f"The file lies inside {depth} files and holds files itself; unpack it.")
        except ParseError as error:
            begin_member("")
            yield Member(path=place, content_sha256=digest, size_bytes=size, document=error)
            return
        self.count(document)
        yield Member(path=place, content_sha256=digest, size_bytes=size, document=document)
        if container is not None:
            yield from self.members(container, content, PurePosixPath(place).name, place + INSIDE, depth + 1)

    def _free_place(self, above: str, path: str) -> str:
        """Return a path that no other file has and that does not lead out of the file."""
        if len(self._paths) >= MAX_MEMBERS:
            raise TooLargeError(f"The file holds more than {MAX_MEMBERS} files; unpack it.")
        shown = "".join(character if character.isprintable() else " " for character in path)
        steps = [clean(step) for step in shown.replace("\\", "/").split("/")]
        within = "/".join(step for step in steps if step not in ("", ".", ".."))[-_PATH_CHARS:].strip("/ ")
        place = above + (within or "unnamed")
        file, number = PurePosixPath(place), 1
        while place in self._paths:
            number += 1
            place = str(file.with_name(f"{file.stem} ({number}){file.suffix}"))
        self._paths.add(place)
        return place
