import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.ingest.parsers.parser_samples import check, said

from core.errors import EmptyDocumentError
from core.values.documents import BlockKind
from ingest.parsers.base import MAX_NOTICES, DocumentBuilder, clean, clean_lines, row_line, said_title, stem

_WORDS = st.text(max_size=40)
_WRITES = st.one_of(
    st.tuples(st.just("heading"), st.integers(-2, 12), _WORDS),
    st.tuples(st.just("paragraph"), _WORDS),
    st.tuples(st.just("list_item"), _WORDS, st.integers(0, 5)),
    st.tuples(st.just("code"), _WORDS),
    st.tuples(
        st.just("table"), st.lists(_WORDS, max_size=4), st.lists(st.lists(_WORDS, max_size=4), max_size=4)
    ),
    st.tuples(st.just("page")),
)


@given(st.lists(_WRITES, max_size=12))
def test_offsets_hold_for_any_sequence_of_writes(writes: list[tuple[object, ...]]) -> None:
    builder = DocumentBuilder(media_type="text/plain")
    page, start = 0, 0
    for verb, *arguments in [*writes, ("page",)]:
        if verb == "page":
            page += 1
            builder.page(page, start)
            start = builder.position
        else:
            getattr(builder, str(verb))(*arguments)
    try:
        document = builder.build("name.txt")
    except EmptyDocumentError:
        return
    check(document)


@given(st.text())
def test_clean_text_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


def test_clean_drops_what_cannot_be_seen_or_stored() -> None:
    assert clean("a\u200bb\x00c\ud800 d\u00ad\u2028e\u00a0\u3000f") == "abc d e f"
    assert clean("e\u0301") == "é"
    assert clean_lines("  a \r\n\tb\x0bc\r") == "  a\n\tb\nc"


def test_rows_and_items_stand_close_and_tables_apart() -> None:
    builder = DocumentBuilder(media_type="text/plain")
    builder.list_item("one")
    builder.list_item("two", 1)
    builder.table(["A", "B"], [["1", "2"]])
    builder.table(["C", "D"], [["", "4"], ["5", ""]])
    document = builder.build("x")
    assert document.text == "one\ntwo\n\nA | B\n1 | 2\n\nC | D\n| 4\n5"
    assert [block.header for block in document.blocks[2:]] == ["", "A | B", "", "C | D", "C | D"]
    check(document)


def test_row_line_leaves_empty_cells_at_the_end_out() -> None:
    assert row_line(["a", "", " b\n", " ", ""]) == "a |  | b"


@pytest.mark.parametrize(
    "filler", ["Untitled document", "PowerPoint Presentation", "Slide 1", "report.docx", ""]
)
def test_filler_is_no_title(filler: str) -> None:
    assert said_title(filler) == ""


def test_title_comes_from_the_first_heading_or_else_the_name() -> None:
    assert said_title("Microsoft Word - Plan") == "Plan"
    assert stem("a/b/Plan 7.v2.md") == "Plan 7.v2"
    builder = DocumentBuilder(media_type="text/plain")
    builder.paragraph("x")
    assert builder.build("dir/name.txt").title == "name"
    builder.heading(9, "Late")
    document = builder.build("name.txt")
    assert document.title == "Late"
    assert document.blocks[1].level == 6
    assert said(document)[1] == (BlockKind.HEADING, "Late")


def test_a_notice_is_one_line_and_kept_once() -> None:
    builder = DocumentBuilder(media_type="text/plain")
    builder.paragraph("The pump runs.")
    for text in ("Page 2 is\nhidden.", "Page 2 is hidden.", "", *(f"Page {number}" for number in range(99))):
        builder.notice(text)
    notices = builder.build("a.txt").notices
    assert notices[:2] == ("Page 2 is hidden.", "Page 0")
    assert len(notices) == MAX_NOTICES
