from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.labels import EVERYTHING, SearchFilter, labels_of, language_label
from core.values.metadata import NONE, Metadata

DAYS = st.dates(date(1990, 1, 1), date(2035, 12, 31))


def of(
    metadata: Metadata = NONE, day: date = date(2024, 3, 31), uri: str = "file:///manuals/pump.PDF"
) -> frozenset[str]:
    return labels_of(metadata, day, "file:///manuals", uri, "application/pdf")


def fits(wanted: SearchFilter, labels: frozenset[str]) -> bool:
    return all(labels & group for group in wanted.labels)


def test_filter_without_values_has_no_labels() -> None:
    assert EVERYTHING.labels == ()


@pytest.mark.parametrize(
    ("wanted", "does"),
    [
        (SearchFilter(sources=frozenset({"file:///manuals"})), True),
        (SearchFilter(sources=frozenset({"file:///Manuals"})), False),
        (SearchFilter(types=frozenset({"PDF", "docx"})), True),
        (SearchFilter(types=frozenset({"application/pdf"})), True),
        (SearchFilter(types=frozenset({".pdf"})), True),
        (SearchFilter(types=frozenset({"*.Pdf"})), True),
        (SearchFilter(types=frozenset({"..pdf"})), False),
        (SearchFilter(types=frozenset({"docx"})), False),
        (SearchFilter(tags=frozenset({"Seal  Kit"})), True),
        (SearchFilter(devices=frozenset({"p-7"})), True),
        (SearchFilter(devices=frozenset({"seal kit"})), False),
        (SearchFilter(languages=frozenset({"en"})), True),
        (SearchFilter(languages=frozenset({" English"})), True),
        (SearchFilter(languages=frozenset({"en-GB"})), True),
        (SearchFilter(languages=frozenset({"ENG"})), True),
        (SearchFilter(languages=frozenset({"zh"})), False),
        (SearchFilter(languages=frozenset({"Klingon"})), False),
        (SearchFilter(tags=frozenset({"seal kit"}), devices=frozenset({"P-8"})), False),
    ],
)
def test_filter_narrows_by_each_field(wanted: SearchFilter, does: bool) -> None:
    labels = of(Metadata(tags=("seal kit",), devices=("P-7",))) | language_label("en")
    assert fits(wanted, labels) is does


@given(day=DAYS, since=st.none() | DAYS, until=st.none() | DAYS)
def test_filter_by_date_covers_its_days_and_no_other(
    day: date, since: date | None, until: date | None
) -> None:
    wanted = SearchFilter(since=since, until=until)
    inside = (since is None or since <= day) and (until is None or day <= until)
    assert fits(wanted, of(Metadata(day=day))) is inside


@given(since=DAYS, days=st.integers(0, 20_000))
def test_filter_by_date_has_few_labels(since: date, days: int) -> None:
    [labels] = SearchFilter(since=since, until=since + timedelta(days=days)).labels
    assert len(labels) <= 55 + 11 + 11 + 30 + 30


def test_labels_of_a_document_without_a_date_have_the_day_of_reading() -> None:
    assert fits(SearchFilter(until=date(2024, 3, 31)), of())
    assert not fits(SearchFilter(until=date(2024, 3, 30)), of())


def test_labels_have_the_last_change_if_there_is_no_date() -> None:
    old = Metadata(changed=date(2020, 1, 1))
    assert fits(SearchFilter(until=date(2020, 1, 1)), of(old))
    assert not fits(SearchFilter(until=date(2020, 1, 1)), of(Metadata(day=date(2021, 1, 1)).over(old)))


def test_filter_by_date_that_ends_before_it_begins_covers_no_day() -> None:
    wanted = SearchFilter(since=date(2024, 2, 1), until=date(2024, 1, 1))
    assert not fits(wanted, of(Metadata(day=date(2024, 1, 15))))
