"""What a document or a file name says can be read on a terminal, and cannot steer it."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.printable import printable, printable_json

INVOICE = "invoice\u202egnp.exe"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (INVOICE, "invoice\\u202egnp.exe"),
        ("\x1b[2Jgone\x07", "\\x1b[2Jgone\\x07"),
        ("a\x9b31mb\x7f", "a\\x9b31mb\\x7f"),
        ("over\rwritten", "over\\x0dwritten"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\u2067\u2069\u2028", "\\u2067\\u2069\\u2028"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("caf\udce9", "caf\\udce9"),
        ("\u05d0\u200f\u05d1 \u061cx", "\u05d0\u05d1 x"),
        ("旋盖扭矩 naïve 👩‍🔧 می‌خواهم", "旋盖扭矩 naïve 👩‍🔧 می‌خواهم"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(codec=None)))
def test_no_text_steers_a_terminal_and_json_means_the_same(text: str) -> None:
    line = printable_json({text: [text]})
    for shown in (printable(text), line):
        assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t"]
        assert not [
            one for one in shown if unicodedata.bidirectional(one) in {"RLO", "LRO", "RLE", "LRE", "PDF"}
        ]
        assert not [one for one in shown if unicodedata.bidirectional(one) in {"RLI", "LRI", "FSI", "PDI"}]
    assert json.loads(line) == {text: [text]}
