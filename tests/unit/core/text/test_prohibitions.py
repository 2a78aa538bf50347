import pytest

from core.text.prohibitions import forbidden, forbids_what_follows


@pytest.mark.parametrize(
    "line",
    [
        "Never do this:",
        "What not to do",
        "Visitors may not:",
        "You should not do the following:",
        "The following are prohibited:",
        "The following cannot be claimed:",
        "Don'ts",
        "Avoid the following cleaning agents:",
        "If the battery is charging, never do this:",
        "严禁下列行为：",
        "在充电区不得：",
    ],
)
def test_a_line_that_forbids_what_follows(line: str) -> None:
    assert forbids_what_follows(line)


@pytest.mark.parametrize(
    "line",
    [
        "If the board is not recognised",
        "What to do if you can't upload",
        "When the lamp does not light, do this:",
        "Do not forget to pack:",
        "The following must not be skipped:",
        "Do not start the press without:",
        "You don't need:",
        "Do's and don'ts",
        "如果无法开机，请执行：",
        "不要忘记：",
    ],
)
def test_a_line_that_speaks_of_a_condition_or_a_duty_forbids_nothing(line: str) -> None:
    assert not forbids_what_follows(line)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("Smoke in the room.", "Never smoke in the room."),
        ("在室内吸烟。", "禁止在室内吸烟。"),
        ("Do not smoke.", "Do not smoke."),
        ("No open fire.", "No open fire."),
    ],
)
def test_a_forbidden_item_is_spelled_out(item: str, said: str) -> None:
    assert forbidden(item) == said
