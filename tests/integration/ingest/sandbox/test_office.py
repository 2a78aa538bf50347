"""LibreOffice, where it is installed: what it makes, and what it cannot do from inside."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.containers import packed
from fakes.servers.server import Canary

from core.errors import OverLimitError, ParseError
from core.settings import IngestSettings
from core.values.documents import ParsedDocument
from ingest.sandbox.landlock import SOCKETS
from ingest.sandbox.office import Office, find_office
from ingest.sandbox.pool import ParserSandbox

pytestmark = pytest.mark.skipif(not find_office(), reason="LibreOffice is not installed")

RTF = rb"{\rtf1\ansi {\b Pump P-7}\par Stop the pump \u27893? first.\par}"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_LINK = "http://www.w3.org/1999/xlink"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    sandbox = ParserSandbox(IngestSettings(parser_processes=1))
    yield sandbox
    sandbox.close()


def odt(body: str) -> bytes:
    """Return an OpenDocument text with this markup in its body."""
    content = (
        f'<office:document-content xmlns:office="{_OFFICE}" xmlns:text="{_TEXT}" xmlns:xlink="{_LINK}" '
        f'office:version="1.2"><office:body><office:text>{body}</office:text></office:body>'
        "</office:document-content>"
    )
    manifest = (
        '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" m:version="1.2">'
        '<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.text"/>'
        '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def left_behind() -> list[str]:
    return [path.name for path in SOCKETS.iterdir() if path.name.startswith(("OSL_PIPE", "vade-office"))]


def test_an_old_format_is_read_and_nothing_is_left_behind(sandbox: ParserSandbox) -> None:
    before = left_behind()
    document = sandbox.parse(RTF, "a.rtf")
    assert (document.text, document.media_type) == ("Pump P-7\n\nStop the pump 泵 first.", "application/rtf")
    assert left_behind() == before


def test_an_old_format_inside_an_archive_is_read(sandbox: ParserSandbox) -> None:
    [member] = sandbox.parse(packed({"old.odt": odt("<text:p>Oil.</text:p>")}), "a.zip").members
    assert isinstance(member.document, ParsedDocument)
    assert member.document.text == "Oil."


def test_a_file_that_it_cannot_read_fails_alone(sandbox: ParserSandbox) -> None:
    with pytest.raises(ParseError, match="LibreOffice cannot read"):
        sandbox.parse(packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "a.odt")
    assert sandbox.parse(b"Oil.", "a.txt").text == "Oil."


def test_it_reaches_no_server_and_no_file_outside(sandbox: ParserSandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("zyxwv-4711")
    with Canary() as canary:
        sections = "".join(
            f'<text:section text:name="s{n}"><text:section-source xlink:href="{address}"/></text:section>'
            for n, address in enumerate((secret.as_uri(), canary.url))
        )
        document = sandbox.parse(odt(f"<text:p>Oil.</text:p>{sections}"), "a.odt")
        assert canary.visits == 0
    assert "zyxwv" not in document.text


def test_it_ends_at_the_deadline() -> None:
    office = Office(IngestSettings(), ())
    with pytest.raises(OverLimitError, match="takes longer"):
        office.convert(RTF, ".rtf", ".docx", deadline=0.0)
