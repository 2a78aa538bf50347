import pytest

from retrieval.judge.facts import find, fold, in_order, said


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("2,000", "They pay **$2000** once."),
        ("5 minutes", "Wait five minutes."),
        ("15分钟", "最多可能需要 15 分钟 才能显示"),
        ("10.0.26", "从 10.0.26 开始"),
        ("E-42", "code Ｅ－４２ means"),
        ("12-24小时", "每 12–24 小时"),
        ("80 °C", "heated to 80℃"),
        ("10ms", "less\nthan 10 ms."),
        ("reset", "She resets it."),
        ("回复url", "检查 **回复 URL**"),
        ("status page", "the [status page](https://x.example/#)"),
    ],
)
def test_a_wording_is_found_in_other_spellings(wording: str, text: str) -> None:
    assert find(wording, fold(text)) >= 0


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("5%", "15 % of it"),
        ("5%", "0.5 % of it"),
        ("$25", "$250"),
        ("$25", "$25,000"),
        ("10.0.2", "10.0.26"),
        ("no", "a piano"),
        ("E-4", "E-42"),
    ],
)
def test_a_wording_is_not_found_inside_another_number_or_word(wording: str, text: str) -> None:
    assert find(wording, fold(text)) == -1


def test_a_fact_is_said_in_any_of_its_wordings() -> None:
    facts = (("16 weeks", "four months"), ("full pay", "100%"))
    assert said(facts, "Sixteen… no: 16 weeks.") == [True, False]
    assert said(facts, "4 months at 100 %") == [True, True]


def test_steps_are_in_order_only_if_each_is_said_behind_the_one_before() -> None:
    steps = (("stop",), ("lock", "padlock"), ("stop",))
    assert in_order(steps, "Stop it, lock it, and stop the pump.")
    assert not in_order(steps, "Lock it, then stop it, then stop the pump.")
    assert not in_order(steps, "Stop it and lock it.")
