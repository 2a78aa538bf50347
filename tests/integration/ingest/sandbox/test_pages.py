"""Progress by page out of the parsing process, and a cancel that reaches into it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from core.errors import LeaseLostError, OverLimitError, ReaderCrashError
from core.settings import IngestSettings
from ingest.parsers.formats import parse
from ingest.parsers.progress import reporting_progress
from ingest.sandbox.pool import ParserSandbox

LIMITS = IngestSettings(parser_processes=1, parser_cpu_seconds=1, parser_wall_seconds=1.0)
GOOD = b"# Pump\n\nStop the pump."


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    with closing(ParserSandbox(LIMITS, (), "fakes.programs.hostile_reader")) as sandbox:
        yield sandbox


def test_pages_are_reported_and_recognized_ones_get_more_time(sandbox: ParserSandbox) -> None:
    begun: list[tuple[int, int, bool]] = []
    with reporting_progress(lambda *page: begun.append(page)):
        assert sandbox.parse(b"pages 1,3,7,0.5", "a.md").text == "all pages"
    assert begun == [(1, 7, True), (2, 7, True), (3, 7, True)]


def test_without_pages_the_clock_is_as_it_was(sandbox: ParserSandbox) -> None:
    with pytest.raises(OverLimitError, match="longer than 1 s"):
        sandbox.parse(b"hang", "a.md")


def test_who_hears_of_a_page_can_stop_the_reading(sandbox: ParserSandbox) -> None:
    def stop(page: int, pages: int, recognizing: bool) -> None:
        if page == 2:
            raise LeaseLostError

    with reporting_progress(stop), pytest.raises(LeaseLostError):
        sandbox.parse(b"pages 1,100,100,1", "a.md")
    assert sandbox.parse(GOOD, "a.md") == parse(GOOD, "a.md", 10**6)


@pytest.mark.parametrize("pages", ["5,5,3,0", "0,0,3,0"])
def test_a_page_that_cannot_be_ends_the_process(sandbox: ParserSandbox, pages: str) -> None:
    with pytest.raises(ReaderCrashError):
        sandbox.parse(f"pages {pages}".encode(), "a.md")
