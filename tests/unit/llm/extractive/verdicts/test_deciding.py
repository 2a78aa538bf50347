import pytest

from core.reading.values import Word
from llm.extractive.verdicts.deciding import decided
from llm.extractive.verdicts.questions import whether


def verdict(question: str, text: str, *headings: str) -> str:
    """Return what a text decides of a question in which all words count the same."""
    asked = whether(question)
    return str(decided(asked, text, headings, equally).verdict) if asked else ""


def equally(word: Word) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("May I fly above the tank?", "Flying above the tank is not permitted.", "no"),
        ("Can I use my own meeting id?", "Do not use your own meeting id.", "no"),
        ("May trained staff fly the drone?", "Trained staff may fly the drone.", "yes"),
        ("Do I have to take all the leave in one go?", "You do not need to take all leave at once.", "no"),
        ("Must the valve be locked?", "The valve must be locked.", "yes"),
        ("Do I need the old key?", "The old key is not required to perform this action.", "no"),
        ("Is a term renewed by itself?", "Term renewals are not automatic.", "no"),
        ("Do credit hours run out?", "Credit hours never expire.", "no"),
        ("Should I repeat the proof?", "Repeat the proof.", "yes"),
        ("Does the drive restart by itself?", "The drive restarts automatically.", "yes"),
        ("Isn't the valve locked?", "The valve is locked.", "yes"),
        ("The valve is locked, right?", "The valve is not locked.", "no"),
        ("My colleague left his lock on. May I take it off?", "Never remove the lock of a person.", "no"),
        ("可以把水倒进浓酸吗？", "严禁把水倒进浓酸。", "no"),
        ("要不要重新调门限？", "必须重新调门限。", "yes"),
        ("门限是否需要重新调？", "门限不需要重新调。", "no"),
        ("能不能通过 HUB 连接多个摄像头？", "可以只连接一个，也可以通过 HUB 连接多个摄像头。", "yes"),
        ("没有经过培训的人能不能打开管路？", "未经培训的人员，不得打开管路。", "no"),
    ],
)
def test_a_sentence_that_permits_forbids_or_requires_decides(question: str, text: str, said: str) -> None:
    assert verdict(question, text) == said


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("May I not fly above the tank?", "Flying above the tank is not permitted."),
        ("Is the valve not locked?", "The valve is locked."),
        ("Can temps earn credit hours?", "Staff on flexible schedules can earn credit hours."),
        ("Should I reboot after mapping?", "You should see two applications."),
        ("Can I use my own phone for meetings?", "Do not use your own meeting id for meetings."),
        ("Can I mix A-10 with B-20?", "Never mix A-10 with C-30."),
        ("Do I have to lock the valve?", "The valve may be locked."),
        ("Is the valve locked?", "The valve can be locked, but the pump must not be locked."),
        ("Does the pump stop?", "If the valve is open, otherwise the pump does not stop."),
        ("Are all boards protected?", "Some boards are protected."),
        ("Is it allowed?", "It is allowed."),
        ("Is a swap valid without a check?", "A swap is valid; without a check the old plan counts."),
        ("ESP-IDF v5.0 还支持 TLS 吗？", "ESP-IDF v5.0 no longer has SSL, but TLS."),
        ("Is the blue lock removed first?", "Hang the blue lock before the first red lock is taken off."),
        ("Where is the valve locked?", "The valve is locked at the door."),
        ("酸能和水混合吗？", "严禁酸与碱混合，可与水接触。"),
    ],
)
def test_what_is_of_another_thing_or_mixed_decides_nothing(question: str, text: str) -> None:
    assert verdict(question, text) == ""


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("Can credit hours be paid out?", "Credit hours cannot be paid out unless you leave.", "depends"),
        (
            "I leave. Can credit hours be paid out?",
            "Credit hours cannot be paid out unless you leave.",
            "yes",
        ),
        ("May guests join the call?", "Guests may join the call if they wear a badge.", "depends"),
        ("May guests with a badge join if they wear it?", "Guests may join if they wear a badge.", "yes"),
        ("May I take leave without pay?", "You may take leave without pay if you want to rest.", "depends"),
        (
            "May I take leave without pay to rest?",
            "You may take leave without pay if you want to rest.",
            "yes",
        ),
        ("Is it valid without a check by the boss?", "It is valid when the boss has made a check.", "no"),
        ("May guests enter the hall?", "Guests may enter the hall only after the check.", "depends"),
        (
            "Does the pump start when a cup is not locked?",
            "The pump does not start until cups are locked.",
            "no",
        ),
        ("Does the pump start?", "The pump does not start until all cups are locked.", "depends"),
        ("Must plugins be approved?", "Plugins must be approved, depending on their source.", "depends"),
        ("喷淋不出水，可以开始作业吗？", "喷淋不出水时，不得开始作业。", "no"),
    ],
)
def test_a_condition_decides_with_what_the_question_tells(question: str, text: str, said: str) -> None:
    assert verdict(question, text) == said


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("May an interval be exceeded by 8 %?", "An interval may be exceeded by at most 10 %.", "yes"),
        ("May an interval be exceeded by 15 %?", "An interval may be exceeded by at most 10 %.", "no"),
        ("Does the pump start at 130 °C?", "Below 135 °C the pump does not start.", "no"),
        ("Does the pump start at 140 °C?", "Below 135 °C the pump does not start.", ""),
        ("Does the pump start at 7 bar?", "Below 135 °C the pump does not start.", ""),
        (
            "It was interrupted for two hours. Must I repeat the proof?",
            "If interrupted for over one hour, repeat the proof.",
            "yes",
        ),
        ("It was reset three times. May I reset it once more?", "It may be reset at most three times.", "no"),
        ("May I carry 300 hours over?", "There is a 240 hour limit on what you can carry over.", "no"),
        ("pH 值到了 10，能排放吗？", "pH 值应为 6.5～9.0，超出范围时不得排放。", "no"),
        ("能运行 20 分钟吗？", "最多运行 30 分钟。", "yes"),
    ],
)
def test_a_quantity_is_compared_with_the_limits_of_the_sentence(question: str, text: str, said: str) -> None:
    assert verdict(question, text) == said


def test_a_yes_below_a_heading_that_asks_the_same_is_one() -> None:
    text = "No, the store is made to keep it."
    assert verdict("Is the data lost?", text, "Is data lost without power?") == "no"
    assert verdict("Is the pump lost?", text, "Is data lost?") == ""
    assert verdict("芯片支持中文名吗？", "支持，但需要配置。", "芯片支持中文名吗？") == "yes"
