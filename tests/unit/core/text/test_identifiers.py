import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.identifiers import edits, identifiers, nearest, plain, quoted

SHORT = st.text("abc1-", max_size=6)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What does fpv_tip_0x1609009D mean?", {"fpv_tip_0x1609009d": "fpv_tip_0x1609009D"}),
        ("E-42/F-71 and M8x1.25", {"e-42": "E-42", "f-71": "F-71", "m8x1.25": "M8x1.25"}),
        ("Ｅ－４２", {"e-42": "E-42"}),
        ("What does E-42 mean? E-42!", {"e-42": "E-42"}),
        ("open 24h at 16GB, 2.5kW and the 22nd", {}),
        ("How fast does the pump run?", {}),
        ("ESP32-S3的ADC", {"esp32-s3": "ESP32-S3"}),
    ],
)
def test_identifiers_count_in_full_and_quantities_do_not_count(text: str, found: dict[str, str]) -> None:
    assert identifiers(text) == found


def test_quoted_phrases_are_compared_in_normal_form() -> None:
    assert quoted('It says "No Such\u00a0 File" and “Kein Gerät”.') == ["no such file", "kein gerät"]
    assert quoted("It's a dog's life; 5\" of pipe") == []
    assert plain("Ｎｏ  such\nFILE") == "no such file"


def test_nearest_identifiers_share_a_part_or_differ_by_few_edits() -> None:
    known = identifiers("E-43 E-52 F-77 E-422 dock_tip_0x16090001 fpv_tip_0x16090002 fpv_tip_0x16999992")
    assert nearest("e-42", known, 5) == ["E-422", "E-43", "E-52"]
    assert nearest("fpv_tip_0x16090001", known, 5) == ["fpv_tip_0x16090002", "dock_tip_0x16090001"]
    assert len(nearest("e-42", known, 1)) == 1
    assert "E-43" not in nearest("e-43", known, 5), "what was asked for is not near itself"


@given(SHORT, SHORT)
def test_edits_are_symmetric_and_bounded(left: str, right: str) -> None:
    assert edits(left, right) == edits(right, left)
    assert (edits(left, right) == 0) == (left == right)
    assert abs(len(left) - len(right)) <= edits(left, right) <= max(len(left), len(right))


@given(SHORT, st.integers(0, 5))
def test_edits_count_a_swap_of_neighbours_once(text: str, at: int) -> None:
    if at + 1 < len(text) and text[at] != text[at + 1]:
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        assert edits(text, swapped) == 1
