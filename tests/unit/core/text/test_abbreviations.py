import pytest

from core.text.abbreviations import abbreviation_like, abbreviations


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Ask the Acquisition Services Fund (ASF) first.", {("ASF", "acquisition services fund")}),
        ("the family and medical leave act (FMLA)", {("FMLA", "family and medical leave act")}),
        ("FMLA (Family Medical Leave Act) is unpaid", {("FMLA", "family medical leave act")}),
        ("- ADR - Architecture Decision Record. A written record", {("ADR", "architecture decision record")}),
        ("MTU | Maximum Transmission Unit | bytes", {("MTU", "maximum transmission unit")}),
        ("COOP - Continuity of Operations Plan: a plan", {("COOP", "continuity of operations plan")}),
        ("CoP stands for Community of Practice", {("CoP", "community of practice")}),
        ("Open the valve (HV-101)", set()),
        ("We met in Berlin (GSA)", set()),
        ("at the end of (EOF)", set()),
        ("see the list (FAQ)", set()),
        ("the pump (see below)", set()),
    ],
)
def test_what_a_text_abbreviates_is_known(text: str, pairs: set[tuple[str, str]]) -> None:
    assert abbreviations(text) == pairs


def test_an_abbreviation_has_two_capitals() -> None:
    assert all(map(abbreviation_like, ("FMLA", "PoC", "R&D", "AcqDiv")))
    assert not any(map(abbreviation_like, ("Leave", "leave", "E-42", "A", "ABCDEFGHIJ")))
