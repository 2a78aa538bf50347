from unit.ingest.parsers.parser_samples import RST, block_of, check, said

from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.plain.rst import RstParser


def parse(text: str) -> ParsedDocument:
    document = RstParser().parse(text.encode(), "a.rst")
    check(document)
    return document


def test_structure() -> None:
    document = parse(RST)
    assert document.title == "Title"
    assert said(document) == [
        (BlockKind.HEADING, "Title"),
        (BlockKind.PARAGRAPH, "See the guide and code."),
        (BlockKind.PARAGRAPH, "Note: Careful."),
        (BlockKind.ROW, "A | B"),
        (BlockKind.ROW, "1 | 2"),
        (BlockKind.CODE, "int x;"),
        (BlockKind.LIST_ITEM, "item"),
    ]
    assert block_of(document, "1 | 2").header == "A | B"


def test_what_only_sphinx_knows_keeps_its_text() -> None:
    source = (
        ":orphan:\n\nA\n=\n\n.. contents::\n.. toctree::\n\n   b\n\n"
        ".. only:: esp32\n\n   Inside.\n\n   Deeper\n   ------\n\n   Text.\n\n"
        ".. versionadded:: 3.2\n   Faster.\n\n.. unheard-of:: x\n   :option: 1\n\n   Kept.\n\n"
        ":some:role:`shown <target>` |undefined| :func:`~a.b` `broken <http://x>`__.\n"
    )
    assert said(parse(source)) == [
        (BlockKind.HEADING, "A"),
        (BlockKind.PARAGRAPH, "Inside."),
        (BlockKind.HEADING, "Deeper"),
        (BlockKind.PARAGRAPH, "Text."),
        (BlockKind.PARAGRAPH, "New in version 3.2 Faster."),
        (BlockKind.PARAGRAPH, "Kept."),
        (BlockKind.PARAGRAPH, "shown |undefined| a.b broken."),
    ]


def test_no_file_is_read() -> None:
    source = "Text.\n\n.. include:: /etc/passwd\n"
    for name in ("raw:: html", "csv-table::", "image:: /etc/passwd"):
        source += f"\n.. {name}\n   :file: /etc/passwd\n"
    assert "root" not in parse(source).text


def test_definitions_numbers_and_grids() -> None:
    grid = "+---+---+\n| a | b |\n+===+===+\n| c | d |\n+---+---+\n"
    source = f"term\n   meaning\n\n1. one\n2. two\n\n   - deep\n\n{grid}"
    document = parse(source)
    assert [text for _, text in said(document)] == [
        "term: meaning",
        "1. one",
        "2. two",
        "deep",
        "a | b",
        "c | d",
    ]
    assert block_of(document, "deep").level == 1
    assert document.blocks[-1].header == "a | b"


def test_hopeless_markup_is_read_as_text() -> None:
    depth = 3000
    document = parse("\n".join("  " * level + "- x" for level in range(0, depth, 50)) + "\n\n" + "*" * depth)
    assert "x" in document.text
