import pytest

from llm.extractive.labels import asks_revision, is_footer


@pytest.mark.parametrize(
    "text",
    [
        "Footer: SP-11 rev 2",
        "SP-11 rev. 2, 2024-03-01",
        "Page 3 of 12",
        "Rev. B",
        "Last updated: 3 March 2024",
        "版本：2.1",
        "第 3 页 共 12 页",
        "© 2024 Northwind Works",
        "Cleaning plan CP-3 | Revision 4 | Page 2 of 5",
        "Northwind Works · SP-12 · Rev. C",
        "清洗规程 | 版本 3",
    ],
)
def test_a_footer_is_known_by_its_form(text: str) -> None:
    assert is_footer(text)


@pytest.mark.parametrize(
    "text",
    [
        "It needs firmware version 2.4.",
        "Firmware version 2.4",
        "Page 3 has the table of torques.",
        "Firmware – the revision of the board decides which one fits.",
        "Pump P-7 | 2900 rpm | 35 g",
        "The revision is approved by the owner.",
        "The footer of each page names the revision.",
        "本版本修复了三个错误。",
    ],
)
def test_a_statement_is_no_footer(text: str) -> None:
    assert not is_footer(text)


def test_who_asks_for_the_revision_may_read_the_line_that_has_it() -> None:
    assert asks_revision("Which revision is SP-11?")
    assert asks_revision("SP-11 的版本是什么？")
    assert not asks_revision("How is the pump primed?")
