from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values.metadata import NONE, Metadata, day_of, metadata_from_text, metadata_of

WORDS = st.lists(st.text(min_size=1, max_size=5).filter(str.strip), max_size=3, unique=True).map(tuple)


def test_what_a_head_says_is_found_under_its_usual_names() -> None:
    said = {
        "Title": "Pumps", "ms.date": "2024-03-31", "Author": " Ann  Lee ", "keywords": "pump, seal",
        "device": ["P-7", "P-8"], "replaces": "old.md", "layout": None,
    }  # fmt: skip
    assert metadata_of(said) == Metadata(
        date(2024, 3, 31), "Ann Lee", ("pump", "seal"), ("P-7", "P-8"), ("old.md",)
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
def test_a_day_is_read_where_there_is_one_reading(said: object, day: date | None) -> None:
    assert day_of(said) == day


@given(
    st.builds(
        Metadata, st.none() | st.dates(), st.text(max_size=5), WORDS, WORDS, WORDS, st.none() | st.dates()
    )
)
def test_facts_are_kept_whole(metadata: Metadata) -> None:
    assert metadata_from_text(metadata.as_text()) == metadata
    assert metadata.over(NONE).as_text() == metadata.as_text()


def test_a_document_knows_better_than_its_source() -> None:
    own, source = Metadata(date(2024, 1, 2), "", ("a",)), Metadata(date(2025, 1, 1), "Ann", ("b", "a"))
    assert own.over(source) == Metadata(date(2024, 1, 2), "Ann", ("a", "b"))
