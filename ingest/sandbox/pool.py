"""The sandbox: hands each file to a process that is kept warm, and replaces those that die."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import LifoQueue

import structlog

from core.errors import NotReadyError, ParseError, ReaderStoppedError, SandboxError
from core.settings import IngestSettings
from core.values.documents import ParsedDocument
from ingest.parsers.members import Lost
from ingest.sandbox.folder import remove_abandoned
from ingest.sandbox.process import MemberLostError, ParserProcess, Recipe

# Starting one and loading every parser costs as much as reading three hundred ordinary files.
_FILES_PER_PROCESS = 10_000
# How much it holds is looked at every so many files, because looking takes a while.
_FILES_PER_LOOK = 8
# A process that has grown to this share of its memory would fail the next large file.
_GROWN_SHARE = 0.5
# One that was stopped from outside is perhaps no fault of the file's.
_TRIES_IF_STOPPED = 2
# So many files inside one may each end a process, and fail alone; then the whole file has failed.
_MEMBERS_LOST = 5
_STOPPING = "The service is stopping; no more files are read."

_log = structlog.get_logger()


class ParserSandbox:
    """Parses files in `parser_processes` processes of their own, each started when it is first needed.

    Callers may be many threads; they wait in line for a process. `hidden` folders cannot be read
    from inside. `module` is what a process runs.
    """

    def __init__(
        self,
        settings: IngestSettings,
        hidden: Sequence[Path] = (),
        module: str = "ingest.sandbox.child",
    ) -> None:
        self._recipe = Recipe(settings, hidden, module)
        self._grown_bytes = int(settings.parser_memory_bytes * _GROWN_SHARE)
        # The last one given back is the first taken: with one caller one process stays warm.
        self._idle: LifoQueue[ParserProcess | None] = LifoQueue()
        for _ in range(settings.parser_processes):
            self._idle.put(None)
        # A process dies with the thread that started it, so one that lives long starts them all.
        self._starter = ThreadPoolExecutor(1, "parser-starter")
        self._started: set[ParserProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._told = False

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document that `content` holds; `name` is the file's name.

        A file inside that ends the process fails alone.

        Raises: ParseError and its kinds as `ingest.parsers.formats.parse` does, OverLimitError if
        reading takes more than the settings allow, ReaderCrashError if it ends the process;
        SandboxError if no process can be started, NotReadyError after `close`.
        """
        lost: dict[str, ParseError] = {}
        tries = _TRIES_IF_STOPPED
        while True:
            try:
                return self._parse(content, name, lost)
            except ReaderStoppedError:
                tries -= 1
                if not tries:
                    raise
            except MemberLostError as error:
                if isinstance(error.reason, ReaderStoppedError) and tries > 1:
                    tries -= 1
                elif len(lost) < _MEMBERS_LOST:
                    lost[error.path] = error.reason
                else:
                    raise error.reason from error

    def close(self) -> None:
        """End every process, also one at work."""
        with self._lock:
            self._closed = True
            for process in self._started:
                process.end()
            self._started.clear()
        self._starter.shutdown()

    @property
    def pids(self) -> list[int]:
        """The process ids of those that run."""
        with self._lock:
            return sorted(process.pid for process in self._started if process.is_alive)

    def _parse(self, content: bytes, name: str, lost: Lost) -> ParsedDocument:
        process = self._idle.get()
        try:
            if process is None or not process.is_alive:
                self._forget(process)
                process = None
                process = self._replacement()
            return process.parse(content, name, lost)
        finally:
            self._idle.put(self._kept(process))

    def _replacement(self) -> ParserProcess:
        try:
            starting = self._starter.submit(self._start)
        except RuntimeError as error:  # shut down
            raise NotReadyError(_STOPPING) from error
        return starting.result()

    def _start(self) -> ParserProcess:
        with self._lock:
            if self._closed:
                raise NotReadyError(_STOPPING)
            if not self._started:
                remove_abandoned()
            try:
                process = ParserProcess(self._recipe)
            except OSError as error:
                raise SandboxError(f"The process that reads files cannot be started: {error}") from error
            self._started.add(process)
            if process.lacking and not self._told:
                self._told = True
                _log.warning("parsers_less_confined", lacking=process.lacking)
        return process

    def _kept(self, process: ParserProcess | None) -> ParserProcess | None:
        """Return the process if it is fit for another file."""
        if process is None:
            return None
        is_due = process.parsed % _FILES_PER_LOOK == 0
        is_spent = process.parsed >= _FILES_PER_PROCESS or (
            is_due and process.resident_bytes > self._grown_bytes
        )
        if process.is_alive and not is_spent:
            return process
        self._forget(process)
        return None

    def _forget(self, process: ParserProcess | None) -> None:
        if process is not None:
            process.end()
            with self._lock:
                self._started.discard(process)
