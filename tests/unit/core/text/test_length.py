import pytest

from core.text.length import words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Grease the seal every 200 hours.", 6),
        ("E-42 | 3.2 bar – stop", 4),
        ("关闭阀门并上锁挂牌", 9 / 1.6),
        ("关闭 HV-301C", 1 + 2 / 1.6),
    ],
)
def test_words_are_counted_as_a_reader_feels_them(text: str, words: float) -> None:
    assert words_in(text) == pytest.approx(words)
