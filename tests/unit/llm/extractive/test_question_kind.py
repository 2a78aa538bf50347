import pytest

from llm.extractive.question_kind import Want, step_of, want_of


@pytest.mark.parametrize(
    ("question", "want"),
    [
        ("How do I reset the drive?", Want.STEPS),
        ("keep the password out of flash - how?", Want.STEPS),
        ("who has to be where at change of shift, all steps", Want.STEPS),
        ("换吨桶要哪些步骤？", Want.STEPS),
        ("打印机卡纸怎么办？", Want.STEPS),
        ("Which conditions must hold before entry?", Want.LIST),
        ("List the five conditions for entry.", Want.LIST),
        ("支持哪些协议？", Want.LIST),
        ("What is the difference between variable day and variable week?", Want.COMPARISON),
        ("E-43 和 E-44 有什么不一样？", Want.COMPARISON),
        ("May I fly above the tank?", Want.YES_NO),
        ("My lock is on. Can I go home?", Want.YES_NO),
        ("可以把水倒进浓酸里吗？", Want.YES_NO),
        ("Why did the pump stop?", Want.CAUSE),
        ("E-42 的原因？", Want.CAUSE),
        ("How many days of leave do I get?", Want.FACT),
        ("急救电话是多少？", Want.FACT),
        ("label height 1.5 L bottle", Want.OTHER),
        ("want to get rid of the old drivers", Want.STEPS),
        ("in what order do I switch it off?", Want.STEPS),
        ("what must be checked before the start", Want.STEPS),
        ("where do I change the language?", Want.STEPS),
        ("cancel my parking space", Want.STEPS),
        ("how is it reset, and how often may I do that?", Want.STEPS),
        ("泵要检查什么？", Want.STEPS),
        ("怎么只看见一半？", Want.CAUSE),
        ("the editor keeps freezing", Want.CAUSE),
        ("which pumps feed the boiler", Want.LIST),
        ("in which situations will it lock?", Want.LIST),
        ("what are the three rules for visitors?", Want.LIST),
        ("what are swing bends?", Want.FACT),
        ("credit hour meaning", Want.FACT),
    ],
)
def test_the_wording_says_what_is_wanted(question: str, want: Want) -> None:
    assert want_of(question) is want


def test_the_number_of_a_step_is_known() -> None:
    assert (step_of("What is step 4?"), step_of("第三步是什么？"), step_of("What is next?")) == (4, 3, None)
