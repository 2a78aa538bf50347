import pytest

from llm.extractive.measures import measure_held


@pytest.mark.parametrize(
    ("question", "held", "missing"),
    [
        ("How heavy is the pump?", "It weighs 41 kg.", "The pump is painted blue."),
        ("What does a seal kit cost?", "A kit is EUR 18.50.", "Kits are in stock: 46."),
        ("how much does the licence cost?", "It is free for staff.", "It is valid for 12 months."),
        ("At what time does the canteen open?", "Lunch is from 11:30.", "The canteen is on floor 2."),
        ("when does the gate close?", "Hours are 6am - 7pm.", "The gate is on the south side."),
        ("How many volts does the fan need?", "Feed it with 24 V.", "The fan has 3 speeds."),
        ("How far is the store from the gate?", "It is 200 m away.", "The store is open."),
        ("how often is the filter cleaned?", "Clean it weekly.", "Clean it with water."),
        ("how long is the warranty?", "Two years from delivery.", "The warranty is void."),
        (
            "how many visitors may I bring?",
            "At most 5 visitors at once.",
            "Visitors sign in at the desk in the hall on floor 5.",
        ),
        ("how many seats has the room?", "Seats: 24, tables: 6", "The room has a door and 3 windows."),
        ("夜班补贴一小时多少钱？", "夜班每小时补贴 12 元。", "夜班从 22 点开始。"),
        ("模组的净重是多少克？", "净重 3.1 克。", "模组有 38 个引脚。"),
        ("青湾分厂有多少人？", "全厂共有 120 名员工。", "青湾分厂在河边，有人值班。"),
        ("一小时能贴多少张？", "每小时 9000 张。", "贴标机先停机再换膜。"),
        ("灌装机几点开始清洗？", "清洗在 14:00 开始。", "清洗要戴手套。"),
    ],
)
def test_a_text_holds_the_measure_that_is_asked_for_or_not(question: str, held: str, missing: str) -> None:
    assert (measure_held(question, held), measure_held(question, missing)) == (1.0, -1.0)


@pytest.mark.parametrize("question", ["Who leads the shift?", "What is a detail?", "什么是单核模式？"])
def test_a_question_for_no_measure_is_fulfilled_by_nothing(question: str) -> None:
    assert measure_held(question, "It weighs 41 kg and costs $80.") == 0.0


def test_things_are_counted_in_the_language_of_the_text() -> None:
    assert measure_held("how many people work there?", "青湾分厂在河边，有人值班。") == 0.0
    assert measure_held("青湾分厂有多少人？", "The plant stands beside the river.") == 0.0


def test_a_part_of_a_name_is_no_measure() -> None:
    assert measure_held("How heavy is it?", "The pump P-7 has a bearing HB-10kg7.") == -1.0
