"""Names of things of one kind, and ranges of them."""

import pytest

from core.text.names import kind_of, members, names_in


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Grease the Mixer Ｍ３０.", {"m30"}),
        ("M30 型搅拌机", {"m30"}),
        ("Pump P2 stops.", {"p2"}),
        ("Which fuse is in version 3.1 of Abto?", {"version 3.1"}),
        ("v2.10 and firmware 2.1", {"version 2.10", "version 2.1"}),
        ("Versions 2.1, 2.2 and 3.1", {"version 2.1", "version 2.2", "version 3.1"}),
        ("Davik 2.10 版的保险丝", {"version 2.10"}),
        ("Version: 2.2; Gap: 5 mm", {"version 2.2"}),
        ("Stop line 3.", {"line 3"}),
        ("3 号泵", {"号 3"}),
        ("a class B fire", {"class b"}),
        ("motor 3 kW, zone 5 °C, line 4 m, 8月3号", set()),
        ("Type a password and wait 3 times.", set()),
    ],
)
def test_codes_versions_and_numbered_things_are_names(text: str, named: set[str]) -> None:
    assert names_in(text).terms == named


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("E-210 to E-214", "e-212", "e-215"),
        ("E-210–214", "e-214", "e-209"),
        ("MA210 至 MA214", "ma211", "mb211"),
        ("M30-M33", "m31", "m34"),
        ("Version 2.1 to 2.4", "version 2.2", "version 2.10"),
        ("Lines 3 to 6", "line 5", "line 7"),
        ("0x10–0x1F", "0x1a", "0x20"),
        ("Codes 200-219", "code 207", "code 220"),
        ("firmware 3.0 and later", "version 3.2", "version 2.9"),
        ("before version 3.0", "version 2.10", "version 3.0"),
        ("version 2.4 or older", "version 2.1", "version 2.5"),
        ("3.0 及以上版本", "version 3.1", "version 2.4"),
        ("2.4 版以前", "version 2.1", "version 3.0"),
    ],
)
def test_a_range_holds_its_members(text: str, inside: str, outside: str) -> None:
    assert names_in(text).holds(inside)
    assert not names_in(text).holds(outside)


@pytest.mark.parametrize("text", ["PPR-1044-1050", "E-214 to E-210", "E-210 to F-214", "M1 to M90000"])
def test_what_only_looks_like_a_range_holds_nothing_between(text: str) -> None:
    assert not names_in(text).ranges


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("2.1. The fuse is rated 5 A.", {"version 2.1"}),
        ("2.1 to 2.4", {"version 2.1", "version 2.4"}),
        ("2.1 | 5 A", {"version 2.1"}),
        ("2.1 Pressure", set()),
        ("2.5 bar is too much.", set()),
    ],
)
def test_among_versions_a_number_in_front_names_one(text: str, named: set[str]) -> None:
    assert names_in(text, of_versions=True).terms == named
    assert not names_in(text).terms


def test_members_of_ranges_are_written_as_their_ends() -> None:
    assert members("0x0e–0x11") == {"0x0e", "0x0f", "0x10", "0x11"}
    assert members("Errors E-098 to E-101 and M3") == {"e-098", "e-099", "e-100", "e-101"}
    assert not members("PPR-1044-1050 and version 2.1 to 2.4")


def test_names_of_a_kind_differ_in_their_number() -> None:
    assert kind_of("e-42") == kind_of("e-430") != kind_of("m30")
    assert kind_of("version 2.1") == kind_of("version 3.10") != kind_of("line 3")
