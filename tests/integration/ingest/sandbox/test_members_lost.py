"""A file inside another one that ends its reader: it fails alone, and the rest is read."""

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from zipfile import ZipFile

import pytest
from fakes.poison import poison

from core.errors import OverLimitError, ParseError, ReaderCrashError
from core.settings import IngestSettings
from core.values.documents import ParsedDocument
from ingest.sandbox.pool import ParserSandbox

LIMITS = IngestSettings(parser_processes=1, parser_memory_bytes=512 * 2**20)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    with closing(ParserSandbox(LIMITS)) as sandbox:
        yield sandbox


def archive(files: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return packed.getvalue()


def inside(document: ParsedDocument) -> dict[str, str]:
    """Return the text of each file inside, or the code of the reason why there is none."""
    return {
        member.path: member.document.code if isinstance(member.document, ParseError) else member.document.text
        for member in document.members
    }


def test_it_fails_alone_wherever_it_lies(sandbox: ParserSandbox) -> None:
    deeper = archive({"pump.md": b"The pump runs.", "worse.pdf": poison()})
    files = {"a.md": b"Stop the valve.", "bad.pdf": poison(), "more.zip": deeper, "z.md": b"Start the mill."}
    found = inside(sandbox.parse(archive(files), "all.zip"))
    assert {path: found[path] for path in ("a.md", "z.md", "more.zip!/pump.md")} == {
        "a.md": "Stop the valve.",
        "z.md": "Start the mill.",
        "more.zip!/pump.md": "The pump runs.",
    }
    ends = {ReaderCrashError.code, OverLimitError.code}
    assert {found["bad.pdf"], found["more.zip!/worse.pdf"]} <= ends


def test_too_many_of_them_fail_the_whole(sandbox: ParserSandbox) -> None:
    files = {f"{number}.pdf": poison() for number in range(7)}
    with pytest.raises((ReaderCrashError, OverLimitError)):
        sandbox.parse(archive(files), "all.zip")
    assert sandbox.parse(b"Stop the pump.", "a.md").text == "Stop the pump."
