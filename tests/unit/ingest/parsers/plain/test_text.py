import pytest
from unit.ingest.parsers.parser_samples import check, said

from core.values.documents import BlockKind
from ingest.parsers.encoding import decode, looks_like_text
from ingest.parsers.plain.text import TextParser

CHINESE = "请先关闭阀门，再打开泵。"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        (b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe", "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Gruesse, all".encode("utf-16-be"), "Gruesse, all"),
        ("Grüße an été".encode("cp1252"), "Grüße an été"),
        (CHINESE.encode("gb18030"), CHINESE),
        (b"price \x80 5 \x81", "price \ufffd 5 \ufffd"),
    ],
)
def test_decode_finds_the_encoding(content: bytes, text: str) -> None:
    assert decode(content) == text


def test_decode_takes_the_declared_encoding_where_utf8_fails() -> None:
    assert decode("привет".encode("koi8-r"), "koi8-r") == "привет"
    assert decode("привет".encode(), "koi8-r") == "привет"
    assert decode(b"abc\xff", "no-such-encoding") == "abcÿ"


def test_looks_like_text_knows_binaries() -> None:
    assert looks_like_text(CHINESE.encode("utf-16"))
    assert looks_like_text(b"a\tb\r\n\x1b[31mred")
    assert not looks_like_text(bytes(range(256)) * 4)


def parse(text: str, name: str = "a.txt") -> list[tuple[BlockKind, str]]:
    document = TextParser().parse(text.encode(), name)
    check(document)
    return said(document)


def test_paragraphs_lists_and_underlined_headings() -> None:
    text = (
        "Pump manual\n===========\n\n"
        "The pump must be stopped before anyone opens the\nhousing, whatever the reason may be.\n\n"
        "Steps:\n1. Stop it\n   and wait\n2. Open it\n\n- a\n    - b\n\n    indented = code\n"
    )
    assert parse(text) == [
        (BlockKind.HEADING, "Pump manual"),
        (
            BlockKind.PARAGRAPH,
            "The pump must be stopped before anyone opens the housing, whatever the reason may be.",
        ),
        (BlockKind.PARAGRAPH, "Steps:"),
        (BlockKind.LIST_ITEM, "1. Stop it and wait"),
        (BlockKind.LIST_ITEM, "2. Open it"),
        (BlockKind.LIST_ITEM, "a"),
        (BlockKind.LIST_ITEM, "b"),
        (BlockKind.CODE, "    indented = code"),
    ]


def test_lines_that_stand_alone_stay_lines() -> None:
    assert parse("E-1 stop\nE-2 go\nE-3 wait") == [(BlockKind.CODE, "E-1 stop\nE-2 go\nE-3 wait")]
    assert parse("12:00 a\n12:01 b", "run.log") == [(BlockKind.CODE, "12:00 a\n12:01 b")]


def test_a_program_keeps_its_lines_and_each_function_is_one_piece() -> None:
    stop = "def stop(pump):\n    close(pump)\n\n    return pump"
    source = f"import os\n\n\n{stop}\n\n\nclass Valve:\n\n    open = 1\n"
    assert parse(source, "pump.py") == [
        (BlockKind.CODE, "import os"),
        (BlockKind.CODE, stop),
        (BlockKind.CODE, "class Valve:\n\n    open = 1"),
    ]


def test_the_lines_of_a_log_stay_lines() -> None:
    lines = "10:00 start\n10:01 E-42 overheat\n  at pump 7\n10:02 stop"
    assert parse(lines, "pump.log") == [(BlockKind.CODE, lines)]
