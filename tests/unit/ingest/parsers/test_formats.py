import io
import zipfile

import pytest
from unit.ingest.parsers.parser_samples import MAX_TEXT_BYTES, all_samples, check, workbook

from core.errors import (
    EmptyDocumentError,
    EncryptedError,
    ParseError,
    TooLargeError,
    UnknownFormatError,
)
from ingest.parsers.formats import EXTENSIONS, FORMATS, load_parser, parse
from ingest.parsers.signatures import OLE_MARK

SAMPLES = all_samples()


@pytest.mark.parametrize("kind", FORMATS)
def test_load_parser_returns_a_parser_for_each_format(kind: str) -> None:
    assert isinstance(load_parser(kind).media_type, str)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_format_is_read_by_its_name(name: str) -> None:
    document = parse(SAMPLES[name], name, MAX_TEXT_BYTES)
    check(document)
    extension = name[name.index(".") :]
    assert extension in EXTENSIONS


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx"])
def test_the_bytes_decide_before_the_name(name: str) -> None:
    expected = parse(SAMPLES[name], name, MAX_TEXT_BYTES)
    for wrong in ("a.docx", "a.txt", "a.bin", "a"):
        assert parse(SAMPLES[name], wrong, MAX_TEXT_BYTES).text == expected.text


def test_text_of_an_unknown_ending_is_read() -> None:
    assert parse(b"Stop the pump.", "NOTES", MAX_TEXT_BYTES).media_type == "text/plain"
    assert parse(b"<!DOCTYPE html><p>Stop", "page.php", MAX_TEXT_BYTES).media_type == "text/html"
    assert parse(b"A PDF begins with %PDF-1.7.", "a.md", MAX_TEXT_BYTES).media_type == "text/markdown"


def ole(*streams: str) -> bytes:
    return OLE_MARK + b"\0" * 600 + b"".join(stream.encode("utf-16-le") for stream in streams)


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def rewritten(content: bytes, old: bytes, new: bytes) -> bytes:
    """An Office file with a change in all its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member).replace(old, new))
    return out.getvalue()


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
BOMB = archive(xl__workbook_xml=b"x", big=b"\0" * 50_000_000).replace(b"xl/workbook_xml", b"xl/workbook.xml")
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l "ha">]>'
REFUSED = [
    (b"", "a.pdf", EmptyDocumentError, "is empty"),
    (b" \n\0\0", "a.txt", EmptyDocumentError, "blanks or zeros"),
    (PNG, "a.pdf", UnknownFormatError, r"ends in \.pdf, but this is a PNG image"),
    (PNG, "a.md", UnknownFormatError, "a PNG image; rename it to match, and its text will be recognized"),
    (PNG, "photo", ParseError, "picture"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "a.jpg", ParseError, "picture is damaged"),
    (b"\x7fELF\x02\x01\x01\0\0\0", "tool", UnknownFormatError, "a Linux program"),
    (bytes(range(256)) * 3, "x.bin", UnknownFormatError, "an unknown kind"),
    (b"{\\rtf1 text}", "a.rtf", UnknownFormatError, "save the file as .docx"),
    (b"plain text", "a.docx", ParseError, "plain text; rename it to .txt"),
    (b"\0\1\2\3" * 50, "a.xlsx", ParseError, "damaged"),
    (ole("EncryptedPackage", "Workbook"), "a.xlsx", EncryptedError, "password"),
    (ole("WordDocument"), "a.docx", UnknownFormatError, "old Word document"),
    (ole("Workbook"), "a.xls", UnknownFormatError, "old Excel workbook"),
    (ole("Something"), "a.bin", UnknownFormatError, "old Office file"),
    (archive(), "a.zip", EmptyDocumentError, "no files"),
    (archive(mimetype=b"application/vnd.oasis.opendocument.text"), "a.odt", UnknownFormatError, ".docx"),
    (SAMPLES["a.docx"][:4000], "a.docx", ParseError, "damaged or cut off"),
    (BOMB, "a.xlsx", TooLargeError, "ZIP bomb"),
    (
        rewritten(SAMPLES["a.xlsx"], b"<worksheet", LAUGHS + b"<worksheet"),
        "a.xlsx",
        ParseError,
        "XML entities",
    ),
    (
        rewritten(SAMPLES["a.xlsx"], b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"),
        "a.xlsx",
        UnknownFormatError,
        "Strict",
    ),
]


@pytest.mark.parametrize(("content", "name", "error", "words"), REFUSED)
def test_what_is_refused_says_why(content: bytes, name: str, error: type[ParseError], words: str) -> None:
    with pytest.raises(ParseError, match=words) as raised:
        parse(content, name, MAX_TEXT_BYTES)
    assert type(raised.value) is error


def test_the_limit_holds_for_the_stored_text() -> None:
    content = workbook(*((f"row {number}", "x" * 50) for number in range(100)))
    parse(content, "a.xlsx", 20_000)
    with pytest.raises(TooLargeError, match=r"limit is 0\.0 MB"):
        parse(content, "a.xlsx", 2_000)
