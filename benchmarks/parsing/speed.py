"""Speed of parsing PDFs on two cores, and the memory of a long one."""

import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pypdfium2

from benchmarks.parsing.readers import OURS, PeerReader
from benchmarks.set_folders import data_folder
from core.errors import ParseError
from core.settings import IngestSettings
from ingest.sandbox.pool import ParserSandbox

_CORES = 2
_LONG_PAGES = 1_600
_WORDS = (
    "system valve pressure engine report annual table market section company value service before".split()
)
# Run in a Python of its own, so that only parsing counts: the peak in kilobytes, and the seconds computed.
# The peak of `getrusage` is at least that of the process that started it.
_ALONE = """
import re, sys, time
from pathlib import Path
from ingest.parsers.pdf.parser import PdfParser
for path in map(Path, sys.argv[1:]):
    PdfParser().parse(path.read_bytes(), path.name)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)
print(peak, time.process_time())
"""


def text_pdfs() -> dict[Path, int]:
    """Return the PDFs to time with their pages: those that hold text and can be opened."""
    roots = ("corpus_pdf_pdfplumber", "parse_docling/tests/data/pdf", "parse_docling/tests/data/odf")
    found: dict[Path, int] = {}
    for path in sorted(path for root in roots for path in (data_folder() / root).rglob("*.pdf")):
        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError:
            continue
        with closing(document):
            if all(page.get_textpage().count_chars() for page in document):
                found[path] = len(document)
    return found


def speeds(python: Path | None, peers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield pages a second of each system: two processes at work, the first file not counted."""
    files = text_pdfs()
    settings = IngestSettings(parser_processes=_CORES)
    with closing(ParserSandbox(settings)) as sandbox:

        def read(path: Path) -> None:
            try:
                sandbox.parse(path.read_bytes(), path.name)
            except ParseError as error:
                print(f"{path.name}: {error}")

        yield {"system": OURS, **_timed([read] * _CORES, files)}
    _, seconds = _alone(files)
    yield {"system": f"{OURS}, one process, seconds computed", **_rate(files, seconds)}
    for name in peers if python else ():
        assert python is not None
        try:
            readers = [PeerReader(name, python) for _ in range(_CORES)]
        except FileNotFoundError:
            continue
        yield {"system": name, **_timed([reader.read for reader in readers], files)}
        for reader in readers:
            reader.close()


def long_document() -> dict[str, Any]:
    """Return the peak memory of parsing a PDF of 1,600 pages of text, and the pages a second computed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.pdf"
        path.write_bytes(_long_pdf())
        peak_mb, seconds = _alone([path])
    return {
        "pages": _LONG_PAGES,
        "peak_mb": peak_mb,
        "pages_per_second_computed": round(_LONG_PAGES / seconds, 1),
    }


def _alone(paths: Iterable[Path]) -> tuple[int, float]:
    """Return the peak in megabytes and the seconds computed of a process that parses these files."""
    command = [sys.executable, "-c", _ALONE, *map(str, paths)]
    kilobytes, seconds = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return round(int(kilobytes) / 1024), float(seconds)


def load() -> float:
    """Return the mean number of runnable processes of the last minute, including this one."""
    return round(os.getloadavg()[0], 1)


def _timed(readers: Sequence[Callable[[Path], Any]], files: dict[Path, int]) -> dict[str, Any]:
    free: SimpleQueue[Callable[[Path], Any]] = SimpleQueue()
    for reader in readers:
        reader(next(iter(files)))
        free.put(reader)

    def read(path: Path) -> None:
        reader = free.get()
        try:
            reader(path)
        finally:
            free.put(reader)

    # The longest first, so that the cores end together.
    order = sorted(files, key=lambda path: -files[path])
    started = time.perf_counter()
    with ThreadPoolExecutor(len(readers)) as threads:
        list(threads.map(read, order))
    return _rate(files, time.perf_counter() - started)


def _rate(files: dict[Path, int], seconds: float) -> dict[str, Any]:
    pages = sum(files.values())
    return {
        "files": len(files),
        "pages": pages,
        "seconds": round(seconds, 2),
        "pages_per_second": round(pages / seconds, 1),
        "load": load(),
    }


def _long_pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    words = random.Random(1)
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in range(1, _LONG_PAGES + 1):
        text = canvas.beginText(72, 780)
        text.setFont("Helvetica-Bold", 14)
        text.textLine(f"Chapter {page}")
        text.setFont("Helvetica", 10)
        for _ in range(48):
            text.textLine(" ".join(words.choices(_WORDS, k=12)))
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
