import io
import zipfile

import pytest
from fakes.outlook import outlook
from unit.ingest.parsers.parser_samples import MAX_TEXT_BYTES, check, said

from core.errors import EncryptedError, ParseError, UnknownFormatError
from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.formats import parse
from ingest.parsers.office.legacy import LEGACY
from ingest.parsers.signatures import OLE_MARK

VTT = """WEBVTT

NOTE not said

STYLE
::cue {}

1
00:00:11.000 --> 00:00:13.000 align:left
<v Ann>Stop the <i>pump</i>

00:00:13.500 --> 00:00:15.000
<v Ann>at &lt;60 bar&gt;.</v>

01:02:03.000 --> 01:02:04.000
<v.loud Bob>Done.

01:02:05.000 --> 01:02:06.000
Silence.
"""
CHAPTER = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>
<body><h2><a id="x"/>Chapter {0}</h2><p>Oil the pump {0} times.</p></body></html>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Pump Book</dc:title></metadata>
<manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="a" href="text/a%201.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/b.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="text/gone.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/>
<itemref idref="gone"/></spine></package>"""


def book(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>',
        )
        for path, text in {
            "o/p.opf": PACKAGE,
            "o/nav.xhtml": CHAPTER.format("nav"),
            "o/text/a 1.xhtml": CHAPTER.format(2),
            "o/text/b.xhtml": CHAPTER.format(1),
            **parts,
        }.items():
            archive.writestr(path, text)
    return out.getvalue()


def test_captions_say_who_speaks_and_from_when() -> None:
    document = parse(VTT.encode(), "a.vtt", MAX_TEXT_BYTES)
    check(document)
    assert [text for _, text in said(document)] == [
        "[00:00:11] Ann: Stop the pump at <60 bar>.",
        "[01:02:03] Bob: Done.",
        "[01:02:05] Silence.",
    ]


def test_subtitles_of_the_other_kind_are_read_too() -> None:
    text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nStop.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nNow.\r\n"
    assert parse(text.encode(), "a.srt", MAX_TEXT_BYTES).text == "[00:00:01] Stop. Now."


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    document = parse(book(), "a.epub", MAX_TEXT_BYTES)
    check(document)
    assert (document.title, document.media_type) == ("The Pump Book", "application/epub+zip")
    assert said(document) == [
        (BlockKind.HEADING, "Chapter 1"),
        (BlockKind.PARAGRAPH, "Oil the pump 1 times."),
        (BlockKind.HEADING, "Chapter 2"),
        (BlockKind.PARAGRAPH, "Oil the pump 2 times."),
    ]


def test_a_locked_or_broken_book_says_so() -> None:
    with pytest.raises(EncryptedError, match="lock"):
        parse(book(**{"META-INF/rights.xml": "<x/>"}), "a.epub", MAX_TEXT_BYTES)
    with pytest.raises(ParseError, match="damaged"):
        parse(book(**{"o/p.opf": "<package"}), "a.epub", MAX_TEXT_BYTES)


def test_an_entity_in_a_book_is_not_looked_up() -> None:
    evil = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PACKAGE.partition("?>")[2].replace(
        "The Pump Book", "&x;"
    )
    assert "root:" not in parse(book(**{"o/p.opf": evil}), "a.epub", MAX_TEXT_BYTES).title


def test_an_outlook_message_is_read_with_its_attachments() -> None:
    log = b"E-42 at noon. " * 300
    content = outlook("Pump stopped", "The pump stopped.\r\n\r\nPlease look.", {"..\\x\\log.txt": log})
    document = parse(content, "a.msg", MAX_TEXT_BYTES)
    check(document)
    assert (document.title, document.media_type) == ("Pump stopped", "application/vnd.ms-outlook")
    assert [text for _, text in said(document)][1:] == [
        "From: ann@example.org",
        "The pump stopped.",
        "Please look.",
        "Attachments: log.txt",
    ]
    [member] = document.members
    assert member.path == "log.txt"
    assert isinstance(member.document, ParsedDocument)
    assert member.document.text.startswith("E-42 at noon.")


@pytest.mark.parametrize("kind", LEGACY)
def test_an_old_format_says_what_is_missing_where_nothing_converts_it(kind: str) -> None:
    with pytest.raises(UnknownFormatError, match=r"LibreOffice .* save the file as"):
        parse(sample(kind), "a.bin", MAX_TEXT_BYTES)


@pytest.mark.parametrize("kind", LEGACY)
def test_an_old_format_is_read_as_what_it_is_turned_into(kind: str) -> None:
    asked: list[tuple[str, str]] = []

    def convert(content: bytes, extension: str, becomes: str) -> bytes:
        asked.append((extension, becomes))
        raise ParseError("enough")

    with pytest.raises(ParseError, match="enough"):
        parse(sample(kind), "a.bin", MAX_TEXT_BYTES, convert)
    assert asked == [(f".{kind}", f".{LEGACY[kind].becomes}")]


def sample(kind: str) -> bytes:
    """The least by which a format is known."""
    streams = {"doc": "WordDocument", "ppt": "PowerPoint Document", "xls": "Workbook"}
    if kind in streams:
        return OLE_MARK + bytes(600) + streams[kind].encode("utf-16-le")
    if kind == "rtf":
        return b"{\\rtf1 Stop.}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if kind == "xlsb":
            archive.writestr("xl/workbook.bin", b"x")
        else:
            names = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}
            archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{names[kind]}")
    return out.getvalue()
