"""The sandbox: a pool of parsing processes, which are kept warm and replaced when they die."""

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

# Starting a process and loading every parser costs as much as parsing three hundred ordinary files.
_FILES_PER_PROCESS = 10_000
# The memory of a process is measured every so many files, because measuring takes time.
_FILES_PER_LOOK = 8
# A process that has grown to this share of its memory limit would fail on the next large file.
_GROWN_SHARE = 0.5
# If a process was stopped from outside, the file may not be at fault.
_TRIES_IF_STOPPED = 2
# So many files inside one may each end a process and fail alone; after that the whole file fails.
_MEMBERS_LOST = 5
_STOPPING = "The service is stopping and reads no more files."

_log = structlog.get_logger()


class ParserSandbox:
    """Parses files in `parser_processes` separate processes, each started when it is first needed.

    Many threads may call it; they wait in line for a process. The processes cannot read the `hidden`
    folders. `module` is the module that a process runs.
    """

    def __init__(
        self,
        settings: IngestSettings,
        hidden: Sequence[Path] = (),
        module: str = "ingest.sandbox.child",
    ) -> None:
        self._recipe = Recipe(settings, hidden, module)
        self._grown_bytes = int(settings.parser_memory_bytes * _GROWN_SHARE)
        # Last in, first out: with one caller, one process stays warm.
        self._idle: LifoQueue[ParserProcess | None] = LifoQueue()
        for _ in range(settings.parser_processes):
            self._idle.put(None)
        # A process dies with the thread that started it, so one long-lived thread starts them all.
        self._starter = ThreadPoolExecutor(1, "parser-starter")
        self._started: set[ParserProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._warned = False

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document of a file; `name` is the file's name.

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
        """End every process, even one at work."""
        with self._lock:
            self._closed = True
            for process in self._started:
                process.end()
            self._started.clear()
        self._starter.shutdown()

    @property
    def pids(self) -> list[int]:
        """The ids of the running processes."""
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
            if process.lacking and not self._warned:
                self._warned = True
                _log.warning("parsers_less_confined", lacking=process.lacking)
        return process

    def _kept(self, process: ParserProcess | None) -> ParserProcess | None:
        """Return the process if it can parse another file, otherwise end it and return None."""
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
