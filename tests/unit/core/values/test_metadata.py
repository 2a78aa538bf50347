from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values.metadata import NONE, Metadata, day_of, metadata_from_text, metadata_of

WORDS = st.lists(st.text(min_size=1, max_size=5).filter(str.strip), max_size=3, unique=True).map(tuple)


def test_metadata_of_front_matter_is_found_under_usual_names() -> None:
    said = {
        "Title": "Pumps", "ms.date": "2024-03-31", "Author": " Ann  Lee ", "keywords": "pump, seal",
        "device": ["P-7", "P-8"], "replaces": "old.md", "layout": None,
    }  # fmt: skip
    assert metadata_of(said) == Metadata(
        day=date(2024, 3, 31),
        owner="Ann Lee",
        tags=("pump", "seal"),
        devices=("P-7", "P-8"),
        supersedes=("old.md",),
    )
    assert metadata_of({"tags": None, "date": "soon", "weight": 3}) == NONE


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2024-03-31T23:10:00+02:00", date(2024, 3, 31)),
        (datetime(2024, 3, 31, 23, 10, tzinfo=UTC), date(2024, 3, 31)),
        (date(2024, 3, 31), date(2024, 3, 31)),
        ("31.03.2024", date(2024, 3, 31)),
        ("03/31/2024", date(2024, 3, 31)),
        ("31/03/2024", date(2024, 3, 31)),
        ("03/04/2024", None),  # of April, or of March
        ("04/04/2024", date(2024, 4, 4)),
        ("03.04.2024", date(2024, 4, 3)),
        ("2024-13-01", None),
        ("March", None),
        (20240331, None),
    ],
)
def test_day_of_a_text_needs_one_reading(said: object, day: date | None) -> None:
    assert day_of(said) == day


@given(
    st.builds(
        Metadata,
        day=st.none() | st.dates(),
        owner=st.text(max_size=5),
        tags=WORDS,
        devices=WORDS,
        supersedes=WORDS,
        changed=st.none() | st.dates(),
    )
)
def test_metadata_survive_the_round_trip_through_text(metadata: Metadata) -> None:
    assert metadata_from_text(metadata.as_text()) == metadata
    assert metadata.over(NONE).as_text() == metadata.as_text()


def test_metadata_of_a_file_win_over_those_of_its_source() -> None:
    own, source = (
        Metadata(day=date(2024, 1, 2), owner="", tags=("a",)),
        Metadata(day=date(2025, 1, 1), owner="Ann", tags=("b", "a")),
    )
    assert own.over(source) == Metadata(day=date(2024, 1, 2), owner="Ann", tags=("a", "b"))
