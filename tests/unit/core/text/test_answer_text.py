"""Answer text is a tree of blocks and marks: nothing in it loads or leads anywhere."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.text.answer_text import rich_text, verbatim
from core.values.rich_text import Block, Mark, RichText, Span

HOSTILE = [
    "The pump is red ![](//evil.io/s).",
    "The [pump](//evil.io) is red.",
    "The [pump](javascript:alert(1)) is red.",
    "The [pump](<javascript:alert(1)>) is red.",
    "The [pump]( data:text/html,x 'title') is red.",
    "The [![pump](//evil.io/a.png)](//evil.io) is red.",
    "The \\[pump\\](//evil.io) is red.",
    "The [pu[m]p](//evil.io/a_(b)) is red.",
    "The <//evil.io/x> pump <https://evil.io> is red.",
    "The pump <img src=//evil.io/s onerror=alert(1)> is red.",
    "The pump <a href='javascript:alert(1)'>is</a> red.",
    "The <<b>script>pump</script> is <iframe/src=//evil.io> red.",
    "The pump is red <img src=//evil.io/s",
    "[pump]: //evil.io/s",
    "The ![pump][1] is red.\n\n[1]: //evil.io/s",
    "The pump \x1b]8;;//evil.io\x1b\\is\x1b]8;;\x1b\\ red.",
    "The pump &#91;is&#93;(//evil.io) red.",
]
_OPENS = re.compile(r"<(?:a|img|iframe|script)\b", re.IGNORECASE)
_LEADS = {"link_open", "image"}
_LENIENT = MarkdownIt("commonmark", {"html": True})
_LENIENT.validateLink = lambda url: True  # type: ignore[method-assign]


def leads_anywhere(text: str) -> bool:
    """Return whether a client that takes the text for Markdown or HTML would find a link or an image."""
    tokens = _LENIENT.parse(text)
    inside = [child for token in tokens for child in (token, *(token.children or ()))]
    return bool({token.type for token in inside} & _LEADS) or "\x1b" in text or bool(_OPENS.search(text))


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("made", [rich_text, verbatim])
def test_no_link_and_no_image_leaves(hostile: str, made) -> None:
    assert not leads_anywhere(made(hostile).text)


def test_a_link_becomes_its_words() -> None:
    assert rich_text("The [red pump](//evil.io) leaks.").text == "The red pump leaks."
    assert rich_text("The pump is red ![](//evil.io/s).").text == "The pump is red."


def test_marks_and_blocks_are_kept_as_a_tree() -> None:
    assert rich_text("- Pump `P-7` is **red** and *hot*.") == RichText(
        (
            Span("Pump "),
            Span("P-7", Mark.CODE),
            Span(" is "),
            Span("red", Mark.STRONG),
            Span(" and "),
            Span("hot", Mark.EMPHASIS),
            Span("."),
        ),
        Block.ITEM,
    )
    assert rich_text("| P-7 | **red** |") == RichText((Span("P-7"), Span("red")), Block.ROW)
    assert rich_text("```vade ask```").spans == (Span("vade ask", Mark.CODE),)


@pytest.mark.parametrize(
    "plain",
    [
        "The pump is red.",
        "Use M8*1.25 and fpv_tip_0x16.",
        "f[i] is 5 < 6 and 7 > 2.",
        "压力为 2 bar。",
        "a\nb",
    ],
)
def test_other_text_stays_as_it_is(plain: str) -> None:
    assert rich_text(plain).text == verbatim(plain).text == plain


def test_a_documents_own_brackets_stay() -> None:
    assert verbatim("f[i](x) is in [1](2).").text == "f[i](x) is in [1](2)."


PIECES = st.sampled_from(
    [
        "![",
        "[",
        "]",
        "](",
        "(",
        ")",
        "<",
        ">",
        "//evil.io",
        "a",
        "img src=",
        "script",
        "javascript:",
        "\\",
        " ",
        "`",
        "\n",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_order_of_pieces_makes_a_link(text: str) -> None:
    for made in (rich_text(text).text, verbatim(text).text):
        inside = [child for token in _LENIENT.parse(made) for child in (token.children or ())]
        targets = [
            str(child.attrGet("href") or child.attrGet("src")) for child in inside if child.type in _LEADS
        ]
        assert not [target for target in targets if "evil.io" in target or "javascript" in target], made
