"""A sentence agrees with its source, or it is not said: the cases that a reader would not forgive."""

import pytest

from retrieval.claims.check import Fault, Source, agreeing, judge

LEAVE = "Carried-over days expire on 31 March."
LID = "The lid must not be opened while the pressure is above 2 bar."
CARRY = "Employees may carry over up to five days of annual leave."
TORQUES = "Lid bolts of the separator tank: 84 N·m. Screws M8x1.25 of class 8.8: 24.6 N·m."
ALLOWANCE = "The meal allowance is nine euros a day."
VALVE = "The drain valve is closed during operation."
MIXING = "Add the acid to the water slowly."
ZH_LID = "压力高于 2 bar 时，禁止打开机盖。"

# What the issue found: each passed with support 0.9 to 1.0 while words alone were compared.
OF_THE_ISSUE = [
    ("Carried-over days do not expire on 31 March.", LEAVE),
    ("The lid may be opened while the pressure is above 2 bar.", LID),
    ("Employees may not carry over up to five days of annual leave.", CARRY),
    ("Lid bolts of the separator tank get 24.6 N·m.", TORQUES),
    ("Screws M8x1.25 of class 8.8 get 84 N·m.", TORQUES),
    ("The meal allowance is five euros a day.", ALLOWANCE),
    ("The drain valve is open during operation.", VALVE),
    ("Add the water to the acid slowly.", MIXING),
    ("压力高于 2 bar 时，可以打开机盖。", ZH_LID),
]


# Sentences that the rules alone take for another than themselves.
ODD = [
    "Close valve A, wait until the pressure is below 1 bar, then close valve B, so that no vacuum forms.",
    "操作面板每次只显示一个代码，即最先出现的故障。",
]


@pytest.mark.parametrize("sentence", ODD)
def test_a_sentence_agrees_with_itself(sentence: str) -> None:
    assert judge(sentence, Source(f"Read this first.\n{sentence}")).agrees
    assert judge(sentence.replace("，", ","), Source(sentence)).agrees


def test_a_sentence_under_a_lead_in_is_judged_by_the_rules() -> None:
    assert not judge(ODD[0], Source(f"Never do this:\n{ODD[0]}")).agrees


@pytest.mark.parametrize(("lie", "source"), OF_THE_ISSUE)
def test_what_the_issue_found_is_not_said(lie: str, source: str) -> None:
    assert agreeing(lie, Source(source)) == ""


@pytest.mark.parametrize(
    "said",
    [
        "Employees may carry over up to five days of annual leave, per board order.",
        "Per board order, employees may carry over up to five days of annual leave.",
        "Employees may carry over up to five days of annual leave (as the union agreed).",
        "Employees may carry over up to five days of annual leave by order of the director.",
    ],
)
def test_what_the_source_does_not_say_is_cut(said: str) -> None:
    assert agreeing(said, Source(CARRY)).casefold() == CARRY.casefold()


def test_an_invented_part_is_cut_in_chinese() -> None:
    assert (
        agreeing("员工可以结转五天年假，根据董事会的决定。", Source("员工可以结转五天年假。"))
        == "员工可以结转五天年假。"
    )


def test_of_two_sentences_the_true_one_is_kept() -> None:
    said = "Employees may carry over up to five days of annual leave. The director pays for it."
    assert agreeing(said, Source(CARRY)) == CARRY


Case = tuple[str, str, Fault]
POLARITY: list[Case] = [
    ("The pump never starts by itself.", "The pump starts by itself.", Fault.STANCE),
    ("Open the lid.", "The lid must under no circumstances be opened.", Fault.STANCE),
    ("You may open the lid.", "In no case may you open the lid.", Fault.STANCE),
    ("Work without gloves.", "Work with gloves.", Fault.STANCE),
    ("No operator may enter the cell.", "Operators may enter the cell.", Fault.STANCE),
    ("The seal was not replaced.", "The seal was replaced.", Fault.STANCE),
    ("The seal was replaced.", "The seal was not replaced.", Fault.STANCE),
    ("Entering the cell is allowed.", "Entering the cell is forbidden.", Fault.STANCE),
    ("The valve is unlocked.", "The valve is locked.", Fault.PLACE),
    ("未经批准可以启动设备。", "未经批准不得启动设备。", Fault.STANCE),
    ("该泵不会自动启动。", "该泵会自动启动。", Fault.STANCE),
    ("必须打开阀门。", "不必打开阀门。", Fault.STANCE),
]
MODALITY: list[Case] = [
    ("You must clean the filter.", "You may clean the filter.", Fault.STANCE),
    ("You should clean the filter.", "You must clean the filter.", Fault.STANCE),
    ("You must clean the filter.", "You do not have to clean the filter.", Fault.STANCE),
    ("A badge is optional for visitors.", "A badge is required for visitors.", Fault.STANCE),
    ("必须佩戴护目镜。", "建议佩戴护目镜。", Fault.STANCE),
]
NUMBERS: list[Case] = [
    ("Wait 90 seconds.", "Wait 90 minutes.", Fault.NUMBER),
    ("Wait at most 15 minutes.", "Wait at least 15 minutes.", Fault.NUMBER),
    ("The tank holds more than 200 l.", "The tank holds less than 200 l.", Fault.NUMBER),
    ("Hand it in before 5 May.", "Hand it in after 5 May.", Fault.NUMBER),
    ("The fee is 20 USD.", "The fee is 20 EUR.", Fault.NUMBER),
    ("The belt runs from 9 to 5 m/s.", "The belt runs from 5 to 9 m/s.", Fault.NUMBER),
    ("Valve V-2 gets 18 N·m.", "Valve V-1 gets 18 N·m, valve V-2 gets 24 N·m.", Fault.NUMBER),
    ("冲洗至多 15 分钟。", "冲洗至少 15 分钟。", Fault.NUMBER),
    ("温度在80℃以下。", "温度在80℃以上。", Fault.NUMBER),
]
CIRCUMSTANCES: list[Case] = [
    ("The cover may be removed.", "The cover may be removed if the drive is locked.", Fault.CONDITION),
    ("Restart the line unless the lamp is green.", "Restart the line if the lamp is green.", Fault.STANCE),
    ("Open the vent before you stop the pump.", "Stop the pump before you open the vent.", Fault.ORDER),
    ("断电后可以开盖。", "断电前可以开盖。", Fault.ORDER),
    ("可以打开机盖。", "如果压力为零，可以打开机盖。", Fault.CONDITION),
]
SHARES: list[Case] = [
    ("All pumps have a filter.", "Some pumps have a filter.", Fault.SHARE),
    ("Some pumps have a filter.", "All pumps have a filter.", Fault.SHARE),
    ("Only trained staff may drive the truck.", "Trained staff may drive the truck.", Fault.SHARE),
    ("所有设备需要检查。", "部分设备需要检查。", Fault.SHARE),
]
ROLES: list[Case] = [
    ("Move the parts from the store to the line.", "Move the parts from the line to the store.", Fault.ROLE),
    ("Policy P-12 replaces policy P-10.", "Policy P-10 replaces policy P-12.", Fault.ROLE),
    ("Pump P-8 leaks.", "Pump P-7 leaks. Pump P-8 is new.", Fault.NAME),
    ("Use oil for the chain.", "Use grease for the chain.", Fault.PLACE),
    ("Meredith discovers a tumor.", "Meredith waits outside. Derek discovers a tumor.", Fault.PLACE),
]


@pytest.mark.parametrize(
    ("lie", "source", "fault"), [*POLARITY, *MODALITY, *NUMBERS, *CIRCUMSTANCES, *SHARES, *ROLES]
)
def test_a_claim_that_is_turned_around_is_found(lie: str, source: str, fault: Fault) -> None:
    assert judge(lie, Source(source)).fault is fault


@pytest.mark.parametrize(
    ("lie", "source"),
    [
        ("Der Deckel darf geöffnet werden.", "Der Deckel darf nicht geöffnet werden."),
        ("Der Deckel darf nicht geöffnet werden.", "Der Deckel darf geöffnet werden."),
        ("Die Pumpe läuft ohne Öl.", "Die Pumpe läuft mit Öl."),
        ("Le couvercle ne doit pas être ouvert.", "Le couvercle doit être ouvert."),
        ("La tapa se puede abrir con presión.", "La tapa no se puede abrir con presión."),
        ("Il coperchio non si può aprire.", "Il coperchio si può aprire."),
        ("蓋を開けてもよいです。", "蓋を開けてはいけません。"),
        ("Die Pumpe läuft mit 1450 Umdrehungen.", "Die Pumpe läuft mit 2900 Umdrehungen."),
    ],
)
def test_in_other_languages_words_numbers_and_negations_agree(lie: str, source: str) -> None:
    assert not judge(lie, Source(source)).agrees


@pytest.mark.parametrize(
    ("said", "source"),
    [
        (
            "Der Deckel darf unter Druck nicht geöffnet werden.",
            "Unter Druck darf der Deckel nicht geöffnet werden.",
        ),
        ("La pompe tourne à 2900 tours.", "À 2900 tours la pompe tourne."),
    ],
)
def test_another_order_agrees_in_other_languages(said: str, source: str) -> None:
    assert judge(said, Source(source)).agrees


TRUE = [
    ("The lid is not to be opened while the pressure exceeds 2 bar.", LID),
    ("While the pressure is above 2 bar, opening the lid is forbidden.", LID),
    ("Up to 5 days of annual leave may be carried over by employees.", CARRY),
    ("The lid bolts of the separator tank get 84 N·m.", TORQUES),
    ("Employees must not enter the cell.", "No employee may enter the cell."),
    ("Wait 1.5 hours.", "Wait 90 minutes."),
    ("The fee is €20.", "The fee is 20 euros."),
    ("Open the vent after you stop the pump.", "Stop the pump before you open the vent."),
    ("Restart the line if the lamp is not green.", "Restart the line unless the lamp is green."),
    ("The valve isn't open.", "The valve is not open."),
    ("The form has to be handed in by 5 May.", "The form must be handed in by 5 May."),
    ("It is prohibited to enter the cell.", "Entering the cell is prohibited."),
    ("The pressure is at most 6 bar.", "The maximum pressure is 6 bar."),
    ("压力高于2 bar时不得打开机盖。", ZH_LID),
    ("如果压力高于 2 bar，严禁打开机盖。", ZH_LID),
    ("用水冲洗 15 分钟以上。", "用清水冲洗至少 15 分钟。"),
    ("断电后才可以打开机盖。", "断电后，才可以打开机盖。"),
]


@pytest.mark.parametrize(("said", "source"), TRUE)
def test_the_same_in_other_words_agrees(said: str, source: str) -> None:
    assert agreeing(said, Source(source)) == said


def test_headings_name_what_the_source_speaks_of() -> None:
    source = "It is checked every week."
    assert judge("The boiler is checked every week.", Source(source, "Boiler")).agrees
    assert not judge("The boiler is checked every week.", Source(source)).agrees


def test_a_table_gives_the_unit_in_its_head() -> None:
    row = Source("Part: Lid bolts; Torque (N·m): 84", "Part | Torque (N·m)")
    assert judge("The lid bolts get 84 N·m.", row).agrees
    assert judge("The lid bolts get 84 bar.", row).fault is Fault.NUMBER


@pytest.mark.parametrize("nothing", ["", " ", "?!", "…", "——"])
def test_a_sentence_without_words_says_nothing(nothing: str) -> None:
    assert judge(nothing, Source(LID)).fault is Fault.EMPTY
