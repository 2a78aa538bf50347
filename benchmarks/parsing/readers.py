"""The parsers to compare: this project's, and other systems in a Python of their own."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.parsing import peers
from benchmarks.parsing.measures import Table, markdown_tables, plain, without_addresses
from core.errors import ParseError
from core.settings import IngestSettings
from core.values.documents import CELL_SEPARATOR, Block, BlockKind, ParsedDocument
from ingest.parsers.formats import parse
from ingest.sandbox.office import Office

OURS = "vademecum"
PEERS = tuple(peers.PEERS)
_MAX_TEXT_BYTES = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The text and tables that a system read from a file."""

    text: str = ""
    tables: list[Table] = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""  # why the file could not be read; text and tables are empty then


class Reader(Protocol):
    """Reads files one by one."""

    name: str
    version: str

    def read(self, path: Path) -> Reading:
        """Return the contents of a file."""
        ...

    def close(self) -> None:
        """End the processes that were started."""
        ...


class OwnReader:
    """This project's parsers, in this process."""

    name = OURS
    version = "of this checkout"

    def read(self, path: Path) -> Reading:
        """Return the contents of a file."""
        content = path.read_bytes()
        started = time.perf_counter()
        try:
            document = parse(content, path.name, _MAX_TEXT_BYTES, self._convert)
        except ParseError as error:
            return Reading(seconds=time.perf_counter() - started, error=str(error))
        seconds = time.perf_counter() - started
        tables = [
            [[without_addresses(cell) for cell in row] for row in table]
            for table in document_tables(document)
        ]
        return Reading(text=without_addresses(document.text), tables=tables, seconds=seconds)

    def _convert(self, content: bytes, extension: str, becomes: str) -> bytes:
        settings = IngestSettings()
        deadline = time.monotonic() + settings.parser_wall_seconds
        return Office(settings, ()).convert(content, extension, becomes, deadline)

    def close(self) -> None:
        """Return at once: no process was started."""


class PeerReader:
    """One of the `PEERS` under `python`, a file that runs a Python in which it is installed.

    Raises: FileNotFoundError if it is not installed there.
    """

    def __init__(self, name: str, python: Path) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, peers.__file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            self.version = str(self._receive()["version"])
        except EOFError as error:
            raise FileNotFoundError(f"{name} does not start under {python}") from error

    def read(self, path: Path) -> Reading:
        """Return the contents of a file."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        answer = self._receive()
        seconds, error = float(answer["seconds"]), str(answer.get("error", ""))
        if "markdown" not in answer:
            return Reading(
                text=str(answer.get("text", "")),
                tables=answer.get("tables", []),
                seconds=seconds,
                error=error,
            )
        markdown = str(answer["markdown"])
        tables = answer.get("tables") or markdown_tables(markdown)
        return Reading(text=plain(markdown).replace("|", " "), tables=tables, seconds=seconds)

    def close(self) -> None:
        """End the other Python."""
        self._process.kill()
        self._process.communicate()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EOFError(f"{self.name} is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer


def document_tables(document: ParsedDocument) -> Iterator[Table]:
    """Yield a document's tables: runs of rows without a blank line between them."""
    last: Block | None = None
    table: Table = []
    for block in document.blocks:
        is_row = block.kind is BlockKind.ROW
        if table and not (is_row and last and block.start - last.end == 1):
            yield table
            table = []
        if is_row:
            row = document.text[block.start : block.end]
            table.append(
                f" {row}".split(CELL_SEPARATOR) if row.startswith("|") else row.split(CELL_SEPARATOR)
            )
        last = block
    if table:
        yield table
