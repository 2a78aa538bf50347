from datetime import UTC, datetime, time, timedelta

import pytest

from ingest.schedule.night import is_due

AT = time(2, 15)


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (moment(5, 2, 14), moment(4, 2, 15), False),
        (moment(5, 2, 15), moment(4, 2, 15), True),
        (moment(5, 2, 16), moment(5, 2, 15), False),
        (moment(5, 9), moment(4, 2, 15), True),  # the machine slept
        (moment(5, 9), moment(5, 8), False),  # somebody ran it by hand in the morning
        (moment(5, 1), moment(4, 23), False),
        (moment(5, 1), None, True),  # a source that was just entered
        (moment(5, 1, 15), moment(5, 2, 15), False),  # the clock was put back
    ],
)
def test_a_night_is_due_once_and_made_up_for(now: datetime, last: datetime | None, due: bool) -> None:
    assert is_due(now, AT, last) is due


def test_looked_at_again_and_again_each_night_runs_once() -> None:
    now, last, runs = moment(1, 0), moment(1, 0) - timedelta(hours=1), 0
    for _ in range(40 * 24 * 12):
        now += timedelta(minutes=5)
        if is_due(now, AT, last):
            last, runs = now, runs + 1
    assert runs == 40
