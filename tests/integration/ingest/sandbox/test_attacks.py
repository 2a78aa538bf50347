"""Hostile files (`attack_files.py`) and real broken ones: each ends in a document or in a plain reason.

None reaches a server, a secret or a file outside, and none costs more than its own limits.
"""

import io
import os
import tarfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest
from fakes.containers import pdf
from fakes.embedder import FakeEmbedder
from fakes.servers.server import Canary
from fakes.source import upload_of
from integration.ingest.sandbox.attack_files import ATTACKS, packed, paragraph, related, word

from api.app import build
from core.errors import InputError, ParseError
from core.permissions import scope_of
from core.settings import IngestSettings, load_settings
from core.values.documents import ParsedDocument
from ingest.connectors.folder import FolderSource
from ingest.parsers.formats import parse
from ingest.sandbox.pool import ParserSandbox

DATA = Path(os.environ.get("VADE_DATA", Path(__file__).parents[4] / ".." / "shared" / "data"))
LIMITS = IngestSettings(
    parser_processes=1,
    parser_memory_bytes=512 * 2**20,
    parser_cpu_seconds=10,
    parser_wall_seconds=100,
    max_text_bytes=20 * 2**20,
)
GOOD = b"# Pump\n\nStop the pump."
SECRET_WORDS = Path("/etc/passwd").read_text("utf-8", "replace")[:9]
# These need more computing than is fair, or would with the limits in force; the rest is refused or
# read at once. They get one second, so that the tests do not take long.
BURNERS = {"million-cells.xlsx", "wide.xlsx", "million-pages.pdf", "form.pdf"}
# What the reason may be, by what the file does.
LIMIT = {"over_limit", "too_large", "crashed"}
HARMLESS = {"unreadable", "empty", "unknown_format", "document"}
MUST_BE_LIMITED = {
    *("zip-bomb.docx", "lying-zip-bomb.docx", "overlapping.docx", "wide.xlsx", "million-pages.pdf"),
    *("flate.pdf", "twice.pdf", "lzw.pdf", "form.pdf"),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ParserSandbox]:
    with closing(ParserSandbox(LIMITS)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def impatient() -> Iterator[ParserSandbox]:
    with closing(ParserSandbox(LIMITS.model_copy(update={"parser_cpu_seconds": 1}))) as sandbox:
        yield sandbox


def left_by(sandbox: ParserSandbox) -> list[Path]:
    """Return what lies in the folders of a sandbox's processes."""
    return [left for process in sandbox._started for left in Path(process._folder.name).rglob("*")]


def outcome(sandbox: ParserSandbox, content: bytes, name: str) -> ParsedDocument | ParseError:
    try:
        return sandbox.parse(content, name)
    except ParseError as error:
        reason = error
    assert str(reason).endswith("."), (name, str(reason))
    return reason


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_costs_no_more_than_its_limits(
    sandbox: ParserSandbox, impatient: ParserSandbox, name: str
) -> None:
    content = ATTACKS[name]()
    before = resident()
    result = outcome(impatient if name in BURNERS else sandbox, content, name)
    text = result.text if isinstance(result, ParsedDocument) else str(result)
    assert SECRET_WORDS not in text
    code = result.code if isinstance(result, ParseError) else "document"
    assert code in (LIMIT if name in MUST_BE_LIMITED else LIMIT | HARMLESS), (code, text[:200])
    del result, text
    assert resident() - before < 64 * 2**20
    assert sandbox.parse(GOOD, "good.md") == parse(GOOD, "good.md", 10**6)


@pytest.mark.parametrize("ending", ["xml", "html"])
def test_entities_are_not_expanded(sandbox: ParserSandbox, ending: str) -> None:
    document = sandbox.parse(ATTACKS[f"laughs.{ending}"](), f"laughs.{ending}")
    assert "&l9;" in document.text
    assert "lollol" not in document.text


def test_what_a_file_names_elsewhere_is_neither_fetched_nor_run(
    sandbox: ParserSandbox, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    with Canary() as canary:
        template = f'Type="x/attachedTemplate" Target="{canary.url}.dotm" TargetMode="External"'
        image = f'Type="x/image" Target="{canary.url}.png" TargetMode="External"'
        settings = f'Type="x/oleObject" Target="{canary.url}.xlsx" TargetMode="External"'
        field = (
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>'
            f'DDEAUTO "/bin/touch" "{touched}"</w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
        )
        entity = f'<!DOCTYPE x [<!ENTITY % x SYSTEM "{canary.url}.dtd"> %x;]>'
        files = {
            "remote.docx": word(
                paragraph("Stop the pump.") + field,
                parts={"word/_rels/document.xml.rels": related(template, image, settings)},
            ),
            "macro.docm": word(paragraph("Stop the pump."), parts={"word/vbaProject.bin": b"\xd0\xcf Shell"}),
            "entity.docx": word(paragraph("Stop the pump."), entity),
            "macro.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            "page.html": (
                f'<html><head><link rel="stylesheet" href="{canary.url}.css"><base href="{canary.url}">'
                f'<meta http-equiv="refresh" content="0;url={canary.url}"></head><body><p>Stop the pump.</p>'
                f'<img src="{canary.url}.png"><iframe src="{canary.url}"></iframe>'
                f'<script src="{canary.url}.js"></script></body></html>'
            ).encode(),
            "page.svg": f'{entity}<svg><image href="{canary.url}"/><text>Stop.</text></svg>'.encode(),
            "page.rst": (
                f"Stop the pump.\n\n.. image:: {canary.url}\n\n.. csv-table::\n   :url: {canary.url}\n"
            ).encode(),
            "page.md": f"Stop the pump. ![x]({canary.url}) <img src={canary.url}>".encode(),
            "form.pdf": pdf(
                b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/URI/URI(%b)>>/AcroForm<</XFA 3 0 R>>>>"
                % canary.url.encode(),
                b"<</Type/Pages/Kids[]/Count 0>>",
                b"<</Length %d>>stream\n%b\nendstream" % (len(entity), entity.encode()),
            ),
        }
        read = [name for name, content in files.items()
                if isinstance(outcome(sandbox, content, name), ParsedDocument)]  # fmt: skip
        assert canary.visits == 0
    assert set(read) >= {"remote.docx", "macro.docm", "page.html", "page.rst", "page.md"}
    assert not touched.exists()


def test_members_that_climb_out_of_their_archive_write_nothing(
    sandbox: ParserSandbox, tmp_path: Path
) -> None:
    evil: dict[str, str | bytes] = {
        f"{up}evil.txt": "x" for up in ("../" * 8, "/", "..\\" * 8, str(tmp_path) + "/")
    }
    link = zipfile.ZipInfo("word/link")
    link.external_attr = 0o120777 << 16
    docx = io.BytesIO(word(paragraph("Stop the pump."), parts=evil))
    with zipfile.ZipFile(docx, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive_of_tar:
        for name in evil:
            archive_of_tar.addfile(tarfile.TarInfo(name))
        outside = tarfile.TarInfo("link")
        outside.type, outside.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive_of_tar.addfile(outside)
    message = EmailMessage()
    message["Subject"] = "Stop the pump"
    message.set_content("Now.")
    for name in evil:
        message.add_attachment(b"x", maintype="a", subtype="b", filename=name)
    assert isinstance(outcome(sandbox, docx.getvalue(), "slip.docx"), ParsedDocument)
    assert isinstance(outcome(sandbox, message.as_bytes(), "slip.eml"), ParsedDocument)
    assert isinstance(outcome(sandbox, tar.getvalue(), "slip.tar"), ParseError)
    for name in ("slip.zip", "slip.epub"):
        archive_of_zip = outcome(sandbox, packed(evil), name)
        assert isinstance(archive_of_zip, ParsedDocument)
        assert all(isinstance(member.document, ParseError) for member in archive_of_zip.members)
    assert left_by(sandbox) == list(tmp_path.iterdir()) == []
    assert not [folder for folder in (Path("/"), Path.cwd()) if list(folder.glob("*evil.txt"))]


@pytest.mark.parametrize(
    "name",
    [
        *("../../etc/cron.d/x", "..\\..\\x", "/abs", "CON", "a.pdf\0.exe", "..%2f..%2fx", "\udcff.md", "."),
        "x" * 5_000,
    ],
)
def test_a_name_is_text_and_never_a_path(sandbox: ParserSandbox, name: str) -> None:
    assert sandbox.parse(GOOD, name).text.endswith("Stop the pump.")
    assert left_by(sandbox) == []
    try:
        source = upload_of("ann", name, GOOD, frozenset({"user:ann"}))
    except InputError:
        return
    [listing] = source.listings("")
    stored = listing.listed[0].uri.removeprefix("upload:ann/")
    assert stored.isprintable()
    assert not {"/", "\\"}.intersection(stored)
    assert len(stored) <= 255


def test_every_broken_file_of_the_public_corpora_ends_in_a_document_or_a_reason() -> None:
    folder = DATA / "corpus_robustness"
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    if not files:
        pytest.skip(f"corpus_robustness is not in {DATA}; set VADE_DATA to the folder that holds it")
    began, kinds = time.monotonic(), []
    with closing(ParserSandbox(LIMITS)) as sandbox:
        for path in files:
            result = outcome(sandbox, path.read_bytes(), path.name)
            kinds.append(type(result).__name__)
            if isinstance(result, ParsedDocument):
                assert result == parse(path.read_bytes(), path.name, LIMITS.max_text_bytes)
    assert time.monotonic() - began < 60
    assert kinds.count("ReaderCrashError") == kinds.count("OverLimitError") == 0
    assert kinds.count("ParsedDocument") >= 10


def test_a_file_that_ends_its_reader_costs_its_own_job_only(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.md").write_bytes(GOOD)
    (folder / "b.pdf").write_bytes(ATTACKS["twice.pdf"]())
    (folder / "c.md").write_bytes(GOOD)
    settings = load_settings(tmp_path / "data", ingest=LIMITS)
    with closing(build(settings, FakeEmbedder())) as app:
        report = app.ingestion.ingest(FolderSource(folder, frozenset({"public"}), 10**8))
        outcomes = {document.uri.rpartition("/")[2]: document for document in report.documents}
        assert app.searcher.search("pump", scope_of(None), 5, reach=0).passages
    assert {name: str(document.outcome) for name, document in outcomes.items()} == {
        "a.md": "added",
        "b.pdf": "failed",
        "c.md": "added",
    }
    assert (outcomes["b.pdf"].code, outcomes["b.pdf"].reason[:19]) == ("crashed", "The reader gave up ")
