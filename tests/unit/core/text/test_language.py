import unicodedata
from hashlib import sha256
from itertools import pairwise

import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from core.text.language import ANALYZER_VERSION, CJK, STOP_WORDS, cjk_share, is_identifier, sentences, terms

TEXT = st.text(st.one_of(st.sampled_from("aZ9 .!?。！\n-_/x#@泵站e-42“”)"), st.characters()), max_size=200)


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("E-42", "e-42", {"42"}),
        ("0x16040007", "0x16040007", set()),
        ("M8x1.25", "m8x1.25", {"m8", "1.25"}),
        ("/etc/vade.toml", "etc/vade.toml", {"etc", "vade.toml", "vade", "toml"}),
        ("v3.0.1", "v3.0.1", {"v3"}),
        ("HV-101P", "hv-101p", {"hv", "101p"}),
        ("snake_case_name", "snake_case_name", {"snake", "case", "name"}),
        (r"C:\plant\filler.log", r"c:\plant\filler.log", {"plant", "filler.log", "filler", "log"}),
        ("ann@corp.example", "ann@corp.example", {"ann", "corp.example"}),
        ("10:30", "10:30", set()),
    ],
)
def test_an_identifier_is_kept_whole_as_well_as_split(text: str, whole: str, parts: set[str]) -> None:
    found = terms(text)
    assert found[0] == whole
    assert parts <= set(found[1:])


@pytest.mark.parametrize("text", ["E-42", "0x16040007", "M8x1.25", "v3.0.1", "HV-101P"])
def test_identifiers_are_distinguished_from_words(text: str) -> None:
    assert is_identifier(terms(text)[0])


@pytest.mark.parametrize(
    "term", ["42", "e-4", "pump", "3.0.1", "第42号", "", "24h", "16gb", "2.5kw", "100mhz", "22nd"]
)
def test_numbers_and_words_are_no_identifiers(term: str) -> None:
    assert not is_identifier(term)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Ｅ－４２", "E-42"),  # full-width
        ("Ｐｕｍｐ　Ｐ－７", "pump p-7"),
        ("ﾎﾟﾝﾌﾟ", "ポンプ"),  # half-width
        ("ﬁlter", "filter"),  # a ligature, as PDF files have them
        ("STRASSE", "straße"),
        ("E\u201142", "E-42"),  # a hyphen that does not break, as Word writes it
        ("E\u201042", "E-42"),
    ],
)
def test_terms_of_full_width_and_half_width_forms_agree(written: str, plain: str) -> None:
    assert terms(written) == terms(plain)


def test_chinese_terms_are_overlapping_bigrams() -> None:
    assert terms("泵站压力") == ["泵站", "站压", "压力"]
    assert terms("泵") == ["泵"]
    assert terms("E-42的故障") == ["e-42", "42", "的故", "故障"]
    assert terms("先关，后开") == ["先关", "后开"]


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=30))
def test_bigrams_are_every_two_neighbours(text: str) -> None:
    assert terms(text) == [left + right for left, right in pairwise(text)]


@given(st.lists(st.from_regex(r"[a-z]{2,12}", fullmatch=True), max_size=10))
def test_english_words_are_stemmed_and_stop_words_left_out(words: list[str]) -> None:
    stem = Stemmer.Stemmer("english").stemWord
    expected = [stem(word) for word in words if word not in STOP_WORDS]
    assert terms(" ".join(words)) == expected
    assert terms(", ".join(words).upper()) == expected


@given(TEXT)
def test_terms_are_never_empty_and_hold_no_space(text: str) -> None:
    for term in terms(text):
        assert term
        assert not any(character.isspace() for character in term)


@given(TEXT)
def test_terms_of_an_index_and_a_query_agree(text: str) -> None:
    """Terms reach the index separated by blanks: splitting them there gives the same terms."""
    found = terms(text)
    assert " ".join(found).split() == found


@given(TEXT)
def test_terms_of_compatible_forms_are_the_same(text: str) -> None:
    assert terms(unicodedata.normalize("NFKC", text)) == terms(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See e.g. Fig. 3. Then stop.", ["See e.g. Fig. 3.", "Then stop."]),
        ("Dr. Smith came. He left!", ["Dr. Smith came.", "He left!"]),
        ("It costs 3.5 EUR. Pay now.", ["It costs 3.5 EUR.", "Pay now."]),
        ("Version 3.0.1 is out. Yes", ["Version 3.0.1 is out.", "Yes"]),
        ('He said "stop." Then left.', ['He said "stop."', "Then left."]),
        ("Is it on? Yes! (Or not.) Go", ["Is it on?", "Yes!", "(Or not.)", "Go"]),
        ("先做保压试验。再打开阀门！“好。”完", ["先做保压试验。", "再打开阀门！", "“好。”", "完"]),
        ("line\nline two\n\n  third  ", ["line", "line two", "third"]),
        ("approx. 5 bar. then 6", ["approx. 5 bar. then 6"]),  # a small letter goes on
        ("", []),
        (" \n\t ", []),
        ('Put a "!" before the name. Then save.', ['Put a "!" before the name.', "Then save."]),
        (
            'He presses "Start!" and waits. "Stop!" She left.',
            ['He presses "Start!" and waits.', '"Stop!"', "She left."],
        ),
        ("在名称前加“！”，再保存。", ["在名称前加“！”，再保存。"]),
        ("Flights above yard B. None above the tank.", ["Flights above yard B.", "None above the tank."]),
        ("It was written by J. Smith. She left.", ["It was written by J. Smith.", "She left."]),
        ("Ask shift leader D. Miller. He knows.", ["Ask shift leader D. Miller.", "He knows."]),
        ("The foreman J. R. Weber signs. Then go.", ["The foreman J. R. Weber signs.", "Then go."]),
        ("The plan is in Appendix B. The pump stops.", ["The plan is in Appendix B.", "The pump stops."]),
        ("Ask operator B. If he is out, wait.", ["Ask operator B.", "If he is out, wait."]),
        ("按“停止！”键，然后离开。完成。", ["按“停止！”键，然后离开。", "完成。"]),
        ("他说：“停止！”我走了。", ["他说：“停止！”", "我走了。"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(TEXT)
def test_sentences_cover_all_of_the_text(text: str) -> None:
    spans = sentences(text)
    behind = 0
    for start, end in spans:
        assert behind <= start < end <= len(text)
        assert not text[behind:start].strip(), "there is only white space between two sentences"
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        behind = end
    assert not text[behind:].strip()


def test_a_very_long_sentence_is_cut_at_clauses() -> None:
    text = ", ".join(f"step {number} of the procedure" for number in range(200)) + "."
    pieces = [text[start:end] for start, end in sentences(text)]
    assert len(pieces) > 5
    assert max(map(len, pieces)) <= 600
    assert " ".join(pieces) == text


@pytest.mark.parametrize(
    ("text", "share"),
    [("泵", 1.0), ("pump", 0.0), ("泵ab", 1 / 3), ("42 !", 0.0), ("", 0.0), ("ポンプ", 1.0)],
)
def test_cjk_share(text: str, share: float) -> None:
    assert cjk_share(text) == pytest.approx(share)


@given(TEXT)
def test_cjk_share_is_between_0_and_1(text: str) -> None:
    assert 0.0 <= cjk_share(text) <= 1.0
    assert CJK, "the range that the share counts"


def test_analyzer_version_rises_with_a_change_of_the_terms() -> None:
    """Indexes contain terms: if this fails on purpose, raise the version and record the new digest."""
    text = (
        "The pumps E‑42 and M8x1.25-A at C:\\plant\\filler.log or https://wiki.example/a_b?x=1, "
        "0x16040007: 3.5 bar. 泵站压力 ポンプ ＦＵＬＬ　ｗｉｄｔｈ don't ann@example.org C++ #12"
    )
    digest = sha256(" ".join(terms(text)).encode()).hexdigest()[:16]
    assert (ANALYZER_VERSION, digest) == (2, "b4c35d90ecd99923")
