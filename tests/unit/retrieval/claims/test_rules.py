"""Single rules at their edges: numbers, verbs with their duties, and what stands at the ends of a clause."""

import pytest

from retrieval.claims.check import Fault, Source, agreeing, judge


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Wait about 15 minutes.", "Wait 15 minutes."),
        ("The gate opens at 3 p.m.", "The gate opens at 15:00."),
        ("The gate opens at 12:30 a.m.", "The gate opens at 0:30."),
        ("The 3 phase motor is new.", "The three-phase motor is new."),
        ("罚款两万元。", "罚款20000元。"),
    ],
)
def test_one_number_in_two_notations_agrees(said: str, source: str) -> None:
    assert agreeing(said, Source(source)) == said


@pytest.mark.parametrize(
    ("lie", "source"),
    [
        ("Wait about 15 minutes.", "Wait at most about 15 minutes."),
        ("The gate opens at 3 a.m.", "The gate opens at 15:00."),
        ("The gate is open from 08:00.", "The gate is open at 08:00."),
        ("The rule holds from 1 May.", "The rule holds on 1 May."),
        ("The tank screws get 18 N·m.", "Valve bolts 18 N·m hose clamps 24 N·m tank screws 30 N·m."),
        ("The tank gets 5 l.", "The pump gets 5 l and the tank 9 l."),
    ],
)
def test_a_number_that_is_meant_otherwise_is_found(lie: str, source: str) -> None:
    assert judge(lie, Source(source)).fault is Fault.NUMBER


@pytest.mark.parametrize(
    ("lie", "source", "fault"),
    [
        ("Work without gloves.", "You must work with gloves.", Fault.STANCE),
        ("All pumps start without a signal.", "All pumps start with a signal.", Fault.STANCE),
        ("The lid of the tank is removed.", "The lid of the tank must not be opened.", Fault.STANCE),
        ("Hoses have a filter.", "Pumps have a filter.", Fault.PLACE),
        ("Meredith called Derek yesterday.", "Derek called Meredith yesterday.", Fault.ROLE),
        ("Visitors may drive the truck.", "Only trained staff may drive the truck.", Fault.SHARE),
        ("Enter those codes twice.", "Enter the correct codes twice.", Fault.PLACE),
        ("Open the lid of these tanks.", "Open the lid of metal tanks.", Fault.PLACE),
    ],
)
def test_a_turned_claim_is_found_at_the_ends_of_its_clause(lie: str, source: str, fault: Fault) -> None:
    assert judge(lie, Source(source)).fault is fault


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Slowly open the valve.", "The valve is opened slowly."),
        ("Note that the works council agreed.", "Yesterday the works council agreed."),
        ("Clean the filter as well as you can.", "Clean the filter."),
        ("Close the cover.", "Grease the chain and the belt if the drive is locked; close the cover."),
        ("Enter these codes twice.", "Enter the following codes twice."),
        ("The pump leaks.", "For trained staff only. The pump leaks."),
        ("The boiler is heated to 60 °C.", "The boiler is heated for 9 minutes. Its water is then at 60 °C."),
    ],
)
def test_what_takes_nothing_back_agrees(said: str, source: str) -> None:
    assert agreeing(said, Source(source)) == said


def test_a_heading_alone_may_give_the_unit() -> None:
    row = Source("Lid bolts | 84", "Part | Torque (N·m)")
    assert judge("The lid bolts get 84 N·m.", row).agrees
    assert judge("The lid bolts get 84 bar.", row).fault is Fault.NUMBER


def test_a_condition_of_one_step_is_not_one_of_the_steps_before_it() -> None:
    steps = Source("Wipe the housing, grease the chain and close the cover if the drive is locked.")
    assert judge("Wipe the housing.", steps).agrees
    assert judge("Close the cover.", steps).fault is Fault.CONDITION


def test_a_time_that_the_source_does_not_give_is_cut() -> None:
    assert agreeing("Grease the chain before Tuesday.", Source("Grease the chain.")) == "Grease the chain."


def test_only_a_part_that_says_more_is_cut() -> None:
    said = "Clean the filter with warm water from the red tank below the pump twice."
    assert agreeing(said, Source(said.replace(" twice", ""))) == "", "no part is mostly of other words"


def test_the_rest_of_a_sentence_with_a_false_word_is_not_said() -> None:
    assert agreeing("关于旧阀门，请联系值班人员。", Source("关于新阀门，请联系值班人员。")) == ""


@pytest.mark.parametrize(
    ("lie", "source"),
    [
        ("具体请参见芯片对应的那一个。", "具体请参见芯片对应的头文件。"),
        ("确定是否存在任何一个。", "确定是否存在以下问题。"),
        ("仅支持连接支持漫游的路由时。", "仅支持连接支持漫游的路由器。"),
        ("请联系仓库的那些。", "请联系仓库的保管员。"),
    ],
)
def test_grammar_in_the_place_of_the_last_word_of_a_chinese_sentence_is_found(lie: str, source: str) -> None:
    assert judge(lie, Source(source)).fault is Fault.PLACE


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("检查设备是否已经连接了。", "检查设备是否已经连接。"),
        ("钥匙放在水池中。", "钥匙放在水池中央。"),
        ("请更换密封件等。", "请更换密封件。"),
    ],
)
def test_a_particle_at_the_end_of_a_chinese_sentence_agrees(said: str, source: str) -> None:
    assert judge(said, Source(source)).agrees


@pytest.mark.parametrize(
    ("lie", "source"),
    [
        ("设备的网络未错误连接。", "该错误表明解析失败。\n设备的网络未正确连接。"),
        ("水泵在停止模式下运转。", "按下按钮，停止水泵。\n水泵在普通模式下运转。"),
        ("按钮在关闭状态下发光。", "转动手轮，关闭阀门。\n按钮在普通状态下发光。"),
    ],
)
def test_a_known_chinese_word_in_the_place_of_characters_is_found(lie: str, source: str) -> None:
    assert judge(lie, Source(source)).fault is Fault.PLACE


def test_an_order_is_a_thing_unless_it_is_in_order_to() -> None:
    for said in ("Paint the gate, per gate order.", "Paint the gate, by order of the gate."):
        assert agreeing(said, Source("Paint the gate.")) == "Paint the gate."
    source = Source("Close the valve to stop the pump.")
    assert judge("Close the valve in order to stop the pump.", source).agrees


@pytest.mark.parametrize(
    ("said", "lie"),
    [
        ("Put no space before and after the hyphen.", "Put no space after as well as after the hyphen."),
        ("Leave a line before and after each table.", "Leave a line after and after each table."),
        ("Test the alarm before and after every repair.", "Test the alarm after and after every repair."),
    ],
)
def test_one_side_in_the_place_of_before_and_after_is_found(said: str, lie: str) -> None:
    assert judge(lie, Source(said)).fault is Fault.ORDER
    assert judge(said.replace("and after", "as well as after"), Source(said)).agrees
