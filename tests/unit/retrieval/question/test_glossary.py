import pytest

from retrieval.question.glossary import in_english


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("EX-120 的主电机功率是多少？", "EX-120 main drive motor power how much ?"),
        ("年假有多少天？", "annual leave how much days ?"),
        ("泵 P-7 的轴承用什么润滑脂？", "pump P-7 bearing what grease ?"),
    ],
)
def test_a_chinese_question_is_put_into_english_words(question: str, words: str) -> None:
    assert in_english(question) == words


@pytest.mark.parametrize(
    "question", ["《红楼梦》的作者是谁？", "王强的保修期是多久？", "How long?", "这是什么？", ""]
)
def test_a_question_with_a_word_that_the_list_lacks_stays_as_it_is(question: str) -> None:
    assert in_english(question) == ""
