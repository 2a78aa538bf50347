"""Two statements disagree only if they are about one thing."""

import pytest

from core.text.statements import are_of_other_things, differ, statement

GREASE = "The main bearing of the filler gets 60 g of grease every 500 hours."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GREASE, "The main bearing of the filler gets 40 g of grease every 250 hours."),
        (GREASE, "Since June, the filler's main bearing gets 40 g of grease every 250 hours."),
        (GREASE, "The main bearing of the filler needs 40 g of grease every 500 hours."),
        ("Carried-over leave days expire on 31 March.", "Carried-over leave days expire on 30 June."),
        ("Carried-over leave days expire on March 31.", "Carried-over leave days expire on June 31."),
        (
            "The on-call allowance for a weekday night is EUR 38.",
            "The on-call allowance for a weekday night is EUR 42.",
        ),
        ("Wait five minutes before opening the drive.", "Wait nine minutes before opening the drive."),
        (
            "Employees earn 104 hours of sick leave per year.",
            "Employees earn 96 hours of sick leave every year.",
        ),
        ("滤芯每 500 小时更换一次。", "滤芯每 250 小时更换一次。"),
        (
            "Main bearing of the carousel | G-1 | 60 g | 500 h",
            "Main bearing of the carousel | G-1 | 40 g | 250 h",
        ),
    ],
)
def test_other_numbers_of_one_thing_differ(one: str, other: str) -> None:
    assert differ(statement(one), statement(other))
    assert differ(statement(other), statement(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "You will earn 104 hours of sick leave in a leave year.",
            "You will earn 56 hours of annual leave in a leave year.",
        ),
        (
            "Therefore, you can request up to 104 advanced sick leave hours.",
            "Therefore, you can request up to 56 advanced annual leave hours.",
        ),
        (
            "The oil of the model Atlas is changed every 4,000 hours.",
            "The oil of the model Boreas is changed every 2,000 hours.",
        ),
        ("Grease the seal of the M8 every 200 hours.", "Grease the seal of the M6 every 350 hours."),
        (
            "In winter the filter is changed every 200 hours.",
            "In summer the filter is changed every 300 hours.",
        ),
        (
            "Part-time employees have 20 days of leave a year.",
            "Full-time employees have 28 days of leave a year.",
        ),
        ("The inlet pressure of the pump is 3 bar.", "The outlet pressure of the pump is 8 bar."),
        (
            "The opening hours of the canteen in Berlin end at 14:00.",
            "The opening hours of the canteen in Paris end at 15:00.",
        ),
        ("病假每年 104 小时，按月计算。", "年假每年 56 小时，按月计算。"),
        ("Sick leave | 104 | hours | per leave year", "Annual leave | 56 | hours | per leave year"),
        ("Fault E-42 stops the filler for 5 seconds.", "Fault E-43 stops the filler for 9 seconds."),
    ],
)
def test_numbers_of_two_things_do_not_differ(one: str, other: str) -> None:
    assert not differ(statement(one), statement(other))
    assert not differ(statement(other), statement(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The vessel holds 1,000 litres of clean water.", "The vessel holds 1000 litres of clean water."),
        ("The gap of the knife is 2.0 mm when closed.", "The gap of the knife is 2 mm when closed."),
        ("Wait five minutes before opening the drive.", "Wait 5 minutes before opening the drive."),
        (GREASE, "Every 500 hours, the main bearing of the filler gets 60 g of grease."),
    ],
)
def test_one_number_in_two_spellings_or_places_is_the_same(one: str, other: str) -> None:
    assert not differ(statement(one), statement(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mixer M30", "Mixer M50"),
        ("Operating manual CMP-201", "Operating manual CMP-301"),
        ("Sick leave", "Annual leave"),
        ("Employee handbook Berlin", "Employee handbook Paris"),
        ("空压机 A 型", "空压机 B 型"),
        ("空压机甲型", "空压机乙型"),
        ("Yard A", "Yard B"),
    ],
)
def test_titles_of_one_kind_name_two_things(one: str, other: str) -> None:
    assert are_of_other_things(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lubrication schedule 2023", "Lubrication schedule 2025"),
        ("lubrication-schedule-2023", "lubrication-schedule-2025"),
        ("Lubrication schedule LS-01, revision 4", "Lubrication schedule LS-01, revision 5"),
        ("Leave policy v1.2", "Leave policy v2.0"),
        ("Torque table", "Operating manual of the compressor"),
        ("Lubrication of the filler", "Filler"),
        ("HR-07 Leave and on-call policy", "HR-12 Working time policy"),
    ],
)
def test_other_titles_do_not_tell_two_things_apart(one: str, other: str) -> None:
    assert not are_of_other_things(one, other)
