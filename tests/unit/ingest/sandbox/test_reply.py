import itertools
import json
import zlib
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    EmptyDocumentError,
    EncryptedError,
    OverLimitError,
    ParseError,
    TooLargeError,
    UnknownFormatError,
)
from core.values.documents import Block, BlockKind, Member, Page, ParsedDocument
from ingest.parsers.base import MAX_NOTICES
from ingest.sandbox.reply import document_reply, read_reply, reason_reply
from ingest.sandbox.wire import MalformedError

MOST = 10_000
TEXT = "Torque\n\nM8 | 25 Nm\nM10 | 50 Nm\n\nMind the 泵."
BOXES = zlib.compress(bytes(8 * 6))
DOCUMENT = ParsedDocument(
    title="Torque",
    text=TEXT,
    blocks=(
        Block(kind=BlockKind.HEADING, start=0, end=6, level=1),
        Block(kind=BlockKind.ROW, start=8, end=18, header="Bolt | Torque"),
        Block(kind=BlockKind.ROW, start=19, end=30, header="Bolt | Torque"),
        Block(kind=BlockKind.LIST_ITEM, start=32, end=len(TEXT), level=2),
    ),
    pages=(
        Page(number=1, start=0, end=6, width=595.3, height=842.0, boxes=BOXES),
        Page(number=2, start=6, end=30),
        Page(number=3, start=30, end=len(TEXT)),
    ),
    media_type="application/pdf",
    notices=("Page 3 has text that is not shown.",),
)
Reply = tuple[dict[str, Any], list[bytes]]


def over_the_wire(reply: Reply) -> Reply:
    header, parts = reply
    return json.loads(json.dumps(header)), parts


def good() -> Reply:
    return over_the_wire(document_reply(DOCUMENT))


def test_a_document_comes_back_as_it_was() -> None:
    assert read_reply(*good(), MOST) == DOCUMENT


def with_members() -> ParsedDocument:
    inner = (Block(kind=BlockKind.PARAGRAPH, start=0, end=4),)
    return replace(
        DOCUMENT,
        members=(
            Member(
                path="a.zip",
                content_sha256="0" * 64,
                size_bytes=3,
                document=ParsedDocument(title="a", text="b.md", blocks=inner),
            ),
            Member(
                path="a.zip!/b.md",
                content_sha256="1" * 64,
                size_bytes=7,
                document=EncryptedError("a password"),
            ),
            Member(
                path="c.md",
                content_sha256="2" * 64,
                size_bytes=9,
                document=ParsedDocument(title="c", text="Oil.", blocks=inner),
            ),
        ),
    )


def test_the_files_inside_come_back_as_they_were() -> None:
    sent = with_members()
    found = read_reply(*over_the_wire(document_reply(sent)), MOST)
    assert found.members[0] == sent.members[0]
    assert found.members[2] == sent.members[2]
    assert isinstance(found.members[1].document, EncryptedError)
    assert str(found.members[1].document) == "a password"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "c.md"),
        ("path", ""),
        ("path", "a\nb"),
        ("path", "a" * 5_000),
        ("path", 7),
        ("sha256", "0"),
        ("sha256", None),
        ("size", -1),
        ("size", 10**30),
        ("size", True),
        ("code", "empty"),
    ],
)
def test_a_file_inside_that_cannot_be_true_is_refused(key: str, value: Any) -> None:
    header, parts = over_the_wire(document_reply(with_members()))
    header["members"][0][key] = value
    with pytest.raises(MalformedError):
        read_reply(header, parts, MOST)


def test_the_texts_of_all_files_count_together() -> None:
    most = len(TEXT.encode()) + 8
    assert read_reply(*over_the_wire(document_reply(with_members())), most)
    with pytest.raises(MalformedError):
        read_reply(*over_the_wire(document_reply(with_members())), most - 1)


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.data(),
)
def test_any_document_comes_back_as_it_was(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text)), min_size=1, max_size=20)) | {0})
    kinds = data.draw(st.lists(st.sampled_from(BlockKind), min_size=len(cuts), max_size=len(cuts)))
    blocks = tuple(
        Block(
            kind=kind, start=start, end=end, level=start % 7, header="a | b" if kind is BlockKind.ROW else ""
        )
        for kind, start, end in zip(kinds, cuts, cuts[1:], strict=False)
    )
    pages = tuple(
        Page(number=number, start=start, end=end)
        for number, (start, end) in enumerate(itertools.pairwise(cuts), 1)
    )
    document = ParsedDocument(title="t", text=text, blocks=blocks, pages=pages)
    assert read_reply(*over_the_wire(document_reply(document)), 10**6) == document


@pytest.mark.parametrize(
    "kind",
    [
        *(ParseError, EncryptedError, EmptyDocumentError),
        *(TooLargeError, UnknownFormatError, OverLimitError),
    ],
)
def test_a_reason_comes_back_as_it_was(kind: type[ParseError]) -> None:
    with pytest.raises(kind, match="So it is") as caught:
        read_reply(*over_the_wire(reason_reply(kind("So it is"))), MOST)
    assert type(caught.value) is kind


def test_a_reason_is_made_fit_to_be_shown() -> None:
    with pytest.raises(EncryptedError) as caught:
        read_reply({"code": "encrypted", "reason": "a\nb\x1b[31m" + "c" * 10_000}, [], MOST)
    assert str(caught.value).startswith("a b [31mccc")
    assert len(str(caught.value)) == 500


@pytest.mark.parametrize(
    "header",
    [
        {"code": "over_limit"},
        {"code": "crashed", "reason": "x"},
        {"code": "internal", "reason": "x"},
        {"code": [], "reason": "x"},
        {"code": "empty", "reason": 7},
        {"code": "empty", "reason": " \n "},
        {"code": "empty", "reason": "a\0b"},
        {},
        {"title": "a"},
    ],
)
def test_a_reason_that_cannot_be_one_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read_reply(header, [], MOST)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", ""),
        ("title", None),
        ("title", "a\0"),
        ("title", "\ud800"),
        ("media_type", "text/html; charset=x"),
        ("media_type", "text/x\r\nSet-Cookie: a"),
        ("media_type", 5),
        ("metadata", 7),
        ("metadata", "[]"),
        ("metadata", '{"day": "soon"}'),
        ("metadata", '{"owner": 7}'),
        ("metadata", '{"tags": [7]}'),
        ("metadata", '{"tags": ["\\u0000"]}'),
        ("metadata", '{"devices": ["' + "x" * 201 + '"]}'),
        ("notices", "a notice"),
        ("notices", None),
        ("notices", [""]),
        ("notices", [7]),
        ("notices", ["a"] * 51),
        ("headers", []),
        ("headers", [1, 2]),
        ("headers", None),
        ("pages", None),
        ("pages", [1]),
        ("pages", [[1, 0, 6, 1, 1]]),
        ("pages", [[0, 0, 6, 1, 1, 0]]),
        ("pages", [[1, 0, 60, 1, 1, 0]]),
        ("pages", [[1, 5, 2, 1, 1, 0]]),
        ("pages", [[1, -1, 2, 1, 1, 0]]),
        ("pages", [[1, 3, 6, 1, 1, 0], [2, 4, 7, 1, 1, 0]]),
        ("pages", [[1, 0.5, 6, 1, 1, 0]]),
        ("pages", [[True, 0, 6, 1, 1, 0]]),
        ("pages", [[1, 0, 6, float("nan"), 1, 0]]),
        ("pages", [[1, 0, 6, 1, float("inf"), 0]]),
        ("pages", [[1, 0, 6, -1, 1, 0]]),
        ("pages", [[1, 0, 6, 10**400, 1, 0]]),
        ("pages", [[10**30, 0, 6, 1, 1, 0]]),
        ("pages", [[1, 0, 6, 1, 1, 10**30]]),
        ("pages", [[1, 0, 6, 1, 1, 3]]),
        ("pages", [[1, 0, 5, 1, 1, len(BOXES)]]),
        ("pages", []),
    ],
)
def test_a_header_that_cannot_be_true_is_refused(key: str, value: Any) -> None:
    header, parts = good()
    with pytest.raises(MalformedError):
        read_reply({**header, key: value}, parts, MOST)


@pytest.mark.parametrize(
    "page",
    [
        [0, 0, 6, 1, 1],
        [-1, 0, 6, 1, 1],
        [10**30, 0, 6, 1, 1],
        [True, 0, 6, 1, 1],
        [1, 0, 6, float("nan"), 1],
        [1, 0, 6, 1, float("inf")],
        [1, 0, 6, -1, 1],
        [1, len(TEXT) - 5, len(TEXT) + 1, 1, 1],
    ],
)
def test_a_page_that_cannot_be_true_is_refused_though_its_boxes_fit(page: list[Any]) -> None:
    header, parts = good()
    assert read_reply({**header, "pages": [[1, 0, 6, 1, 1, len(BOXES)]]}, parts, MOST).pages
    with pytest.raises(MalformedError):
        read_reply({**header, "pages": [[*page, len(BOXES)]]}, parts, MOST)


def test_boxes_of_a_later_page_and_as_many_notices_as_may_be_come_back() -> None:
    first, second, third = DOCUMENT.pages
    pages = (replace(first, boxes=b""), replace(second, start=6, end=12, boxes=BOXES), third)
    sent = replace(DOCUMENT, pages=pages, notices=tuple(f"Notice {number}." for number in range(MAX_NOTICES)))
    assert read_reply(*over_the_wire(document_reply(sent)), MOST) == sent


def test_a_block_that_is_not_whole_is_refused() -> None:
    header, (text, numbers, boxes) = good()
    with pytest.raises(MalformedError):
        read_reply(header, [text, bytes(numbers) + bytes(8), boxes], MOST)


def test_parts_that_belong_to_no_file_are_refused() -> None:
    header, parts = over_the_wire(document_reply(with_members()))
    assert read_reply(header, parts, MOST)
    with pytest.raises(MalformedError):
        read_reply(header, [*parts, b""], MOST)


@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize("value", [-1, 5, 31, 10**6, 2**62])
def test_a_block_that_cannot_be_true_is_refused_or_harmless(number: int, value: int) -> None:
    header, [text, blocks, boxes] = good()
    changed = blocks[: 8 * number] + value.to_bytes(8, "little", signed=True) + blocks[8 * number + 8 :]
    try:
        document = read_reply(header, [text, changed, boxes], MOST)
    except MalformedError:
        return
    ends = [0, *(block.end for block in document.blocks)]
    assert all(
        end <= block.start < block.end <= len(TEXT) for end, block in zip(ends, document.blocks, strict=False)
    )


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"x"],
        [b"x", b"", b"", b""],
        [b"\xff", *document_reply(DOCUMENT)[1][1:]],
        [b"a\0" * 40, *document_reply(DOCUMENT)[1][1:]],
        [b"x" * (MOST + 1), *document_reply(DOCUMENT)[1][1:]],
        [TEXT.encode(), b"", BOXES],
        [TEXT.encode(), b"1234567", BOXES],
        [TEXT.encode(), bytes(8), BOXES],
        [*document_reply(DOCUMENT)[1][:2], b""],
        [*document_reply(DOCUMENT)[1][:2], BOXES + b"x"],
        [*document_reply(DOCUMENT)[1][:2], b"x" * len(BOXES)],
    ],
)
def test_parts_that_cannot_be_true_are_refused(parts: list[bytes]) -> None:
    with pytest.raises(MalformedError):
        read_reply(good()[0], parts, MOST)


def test_boxes_that_would_unpack_without_end_are_refused_unopened() -> None:
    bomb = zlib.compress(bytes(10**8), 9)
    header, parts = good()
    header = deepcopy(header)
    header["pages"][0][5] = len(bomb)
    with pytest.raises(MalformedError):
        read_reply(header, [*parts[:2], bomb], MOST)


def test_the_reason_of_a_limit_names_the_limit() -> None:
    header, _ = reason_reply(OverLimitError("The file needs more than 1 GB of memory to read."))
    assert header == {"code": "over_limit", "reason": "The file needs more than 1 GB of memory to read."}
