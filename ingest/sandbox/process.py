"""One parsing process, as the service starts it, gives it files, watches it and ends it."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import OverLimitError, ParseError, ReaderCrashError, ReaderStoppedError, SandboxError
from core.settings import IngestSettings
from core.values.documents import ParsedDocument
from ingest.parsers.members import Lost
from ingest.parsers.office.legacy import LEGACY, LEGACY_EXTENSIONS
from ingest.parsers.pictures.recognition import MAX_RECOGNIZED_PAGES
from ingest.parsers.progress import begin_page
from ingest.sandbox.child import MEMORY_EXIT, out_of_memory
from ingest.sandbox.confinement import Terms
from ingest.sandbox.folder import ParserFolder
from ingest.sandbox.office import Office
from ingest.sandbox.reply import read_path, read_reply, reason_reply
from ingest.sandbox.wire import Channel, MalformedError

# Python and the parsers' foundation take a fifth of a second; the rest is for a busy machine.
_START_SECONDS = 60.0
# Added to the time for a file for each recognized page: ten times the usual, for a busy machine.
_RECOGNITION_SECONDS = 30.0
_HELLO_BYTES = 65_536
# A process whose channel broke is dying; its exit status gives the cause.
_DYING_SECONDS = 5.0
# Structure and boxes beside the text: a PDF needs up to three bytes a character for them.
_REPLY_PER_TEXT = 4
_REPLY_OVERHEAD_BYTES = 16 * 2**20
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TZ")
_SHOWN_ERROR_BYTES = 500


class MemberLostError(Exception):
    """Parsing a file inside the file ended the process; holds that file's path and the reason."""

    def __init__(self, path: str, reason: ParseError) -> None:
        super().__init__(path)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Recipe:
    """The parameters for starting a parsing process."""

    settings: IngestSettings
    hidden: Sequence[Path] = ()
    """Folders that the process may not read."""
    module: str = "ingest.sandbox.child"
    """The module that it runs."""


class ParserProcess:
    """A fresh interpreter that parses one file at a time, in a folder of its own."""

    def __init__(self, recipe: Recipe) -> None:
        self._settings = recipe.settings
        self._folder = ParserFolder()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the process lives)
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                [sys.executable, "-P", "-m", recipe.module],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                cwd=self._folder.name,
                env=_environment(self._folder.name),
                start_new_session=True,  # Ctrl-C is the service's to handle
            )
        self.parsed = 0
        self._member = ""
        self._office = Office(recipe.settings, recipe.hidden)
        self.lacking = self._greet(recipe.hidden)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def resident_bytes(self) -> int:
        """The memory that the process occupies now; 0 if the system does not report it."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except OSError:
            return 0
        return int(pages) * resource.getpagesize()

    def parse(self, content: bytes, name: str, lost: Lost) -> ParsedDocument:
        """Return the document of a file.

        Files inside whose paths are in `lost` are not parsed: they fail with the error that is given there.
        The process survives only a document or an error from the parser itself.

        Raises: ParseError; OverLimitError beyond a limit, ReaderCrashError if the process died of the
        file, ReaderStoppedError if it was stopped from outside; MemberLostError for any of these that ends
        the process while it parses a file inside.
        """
        self._member = ""
        try:
            return self._parse(content, name, lost)
        except ParseError as error:
            if self._member and not self.is_alive:
                raise MemberLostError(self._member, error) from error
            raise

    def _parse(self, content: bytes, name: str, lost: Lost) -> ParsedDocument:
        self.parsed += 1
        deadline = time.monotonic() + self._settings.parser_wall_seconds
        most = _REPLY_PER_TEXT * self._settings.max_text_bytes + _REPLY_OVERHEAD_BYTES
        try:
            known = {path: reason_reply(reason)[0] for path, reason in lost.items()}
            self._channel.send({"name": name, "lost": known}, [content], deadline)
            recognized = 0
            header, parts = self._channel.receive(most, deadline)
            while header.keys() & {"convert", "page", "member"}:
                if "member" in header:
                    self._member = read_path(header["member"])
                elif "convert" in header:
                    self._channel.send(*self._converted(header, parts, deadline), deadline)
                elif _begins_recognition(header) and recognized < MAX_RECOGNIZED_PAGES:
                    recognized += 1
                    deadline += _RECOGNITION_SECONDS
                header, parts = self._channel.receive(most, deadline)
            document = read_reply(header, parts, self._settings.max_text_bytes)
            self._sweep()
        except ParseError:
            self._sweep()
            raise
        except TimeoutError as error:
            self.end()
            raise _over("takes longer", self._settings.parser_wall_seconds, "PARSER_WALL_SECONDS") from error
        except MalformedError as error:
            self.end()
            raise ReaderCrashError(
                "Reading the file gave a result that is not a document, or far too much of one; "
                "the file may be made to do harm."
            ) from error
        except (EOFError, OSError) as error:
            raise self._cause_of_death() from error
        except BaseException:  # the caller was interrupted; the channel is out of step
            self.end()
            raise
        return document

    def _converted(
        self, header: dict[str, Any], parts: Sequence[bytes | memoryview], deadline: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Convert a file for the process, whose request may be forged, by an office program under limits."""
        legacy = LEGACY.get(LEGACY_EXTENSIONS.get(str(header["convert"]), ""))
        if legacy is None or len(parts) != 1:
            raise MalformedError("the conversion does not exist")
        try:
            made = self._office.convert(bytes(parts[0]), legacy.extension, f".{legacy.becomes}", deadline)
        except ParseError as error:
            return reason_reply(error)
        return {}, [made]

    def end(self) -> None:
        """Kill the process and remove its folder; a second call has no effect."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._channel.close()
        self._stderr.close()
        self._folder.close()

    def _greet(self, hidden: Sequence[Path]) -> list[str]:
        """Send the terms; return the measures that the system refused."""
        settings = self._settings
        terms = Terms(
            service=os.getpid(),
            folder=self._folder.name,
            hidden=tuple(str(path.absolute()) for path in hidden),
            memory_bytes=settings.parser_memory_bytes,
            cpu_seconds=settings.parser_cpu_seconds,
            max_text_bytes=settings.max_text_bytes,
        )
        deadline = time.monotonic() + _START_SECONDS
        try:
            self._channel.send(asdict(terms), (), deadline)
            hello, _ = self._channel.receive(_HELLO_BYTES, deadline)
            return [str(measure) for measure in hello["lacking"]]
        except (EOFError, OSError, MalformedError, LookupError) as error:
            problem = self._last_words()
            self.end()
            raise SandboxError(f"The process that reads files cannot be started: {problem}") from error

    def _cause_of_death(self) -> ParseError:
        try:
            status = self._process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:  # it closed the channel and still runs
            status = 0
        self.end()
        if status == MEMORY_EXIT:
            return out_of_memory(self._settings.parser_memory_bytes)
        if status == -signal.SIGXCPU:
            return _over("takes more computing time", self._settings.parser_cpu_seconds, "PARSER_CPU_SECONDS")
        if status in (-signal.SIGKILL, -signal.SIGTERM):
            return ReaderStoppedError()
        if status == -signal.SIGABRT:  # how a library in C gives up
            return ReaderCrashError(
                "The reader gave up on this file (SIGABRT), most likely for want of memory; split it, "
                "or raise VADE_INGEST__PARSER_MEMORY_BYTES."
            )
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return ReaderCrashError(f"The reader crashed on this file ({how}); open it and save it again.")

    def _sweep(self) -> None:
        """Remove what the last file left in the process's folder and on its standard error."""
        try:
            if os.fstat(self._stderr.fileno()).st_size:
                self._stderr.seek(0)
                self._stderr.truncate()
            with os.scandir(self._folder.name) as left:
                for entry in left:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        os.unlink(entry.path)
        except OSError:  # something cannot be removed: then the whole process goes
            self.end()

    def _last_words(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read()[-_SHOWN_ERROR_BYTES:].decode("utf-8", "replace").splitlines()
        return lines[-1] if lines else "it printed no error"


def _begins_recognition(header: dict[str, Any]) -> bool:
    """Report the page that the process reads; return whether text recognition reads it."""
    page, pages, recognizing = (header.get(name) for name in ("page", "pages", "recognizing"))
    if type(page) is not int or type(pages) is not int or not 1 <= page <= pages <= sys.maxsize:
        raise MalformedError("the page does not exist")
    begin_page(page, pages, recognizing is True)
    return recognizing is True


def _over(what: str, seconds: float, setting: str) -> OverLimitError:
    return OverLimitError(
        f"Reading the file {what} than {seconds:g} s; split it, or raise VADE_INGEST__{setting}."
    )


def _environment(folder: str) -> dict[str, str]:
    """Return the environment of the process: the paths of Python's modules, and no secret of the service."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "HOME": folder,
        "TMPDIR": folder,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENSSL_CONF": os.devnull,
        "DO_NOT_TRACK": "true",
    }
