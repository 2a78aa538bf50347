import pytest

from core.text.language_names import language_code


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("English", "en"),
        ("eng", "en"),
        ("en-GB", "en"),
        ("en_us", "en"),
        ("Chinese", "zh"),
        ("zh-Hans-CN", "zh"),
        ("中文", "zh"),
        ("cmn", "zh"),
        ("Deutsch", "de"),
        ("ger", "de"),
        ("français", "fr"),
        ("Norwegian", "no"),
        ("nb", "no"),
    ],
)
def test_language_is_known_by_code_and_name(word: str, code: str) -> None:
    assert language_code(word) == code


@pytest.mark.parametrize("word", ["yue", "zxx", "Klingon", "e", ""])
def test_unknown_language_stays_itself_in_lower_case(word: str) -> None:
    assert language_code(word) == word.casefold()
