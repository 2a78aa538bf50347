"""A code that stands in tables of two languages is answered in the language of the question."""

from collections.abc import Iterator

import pytest
from fakes.application import make_app
from fakes.source import FakeSource

from api.app import App
from core.permissions import scope_of

ENGLISH = "# Health codes\n\n| Code | Message |\n|---|---|\n" + "".join(
    f"| 0x16{n}66 | {text} |\n"
    for n, text in (
        (1000, "Unable to take off: weak signal"),
        (1001, "Motor blocked"),
        (1002, "Battery too cold"),
    )
)
CHINESE = "# 健康代码\n\n| 代码 | 说明 |\n|---|---|\n" + "".join(
    f"| 0x16{n}66 | {text} |\n"
    for n, text in ((1000, "无法起飞：信号差，请至空旷地起飞"), (1001, "电机堵转"), (1002, "电池温度过低"))
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = make_app(tmp_path_factory.mktemp("data"))
    source = FakeSource()
    source.put("a.md", CHINESE)
    source.put("b.md", ENGLISH)
    app.ingestion.ingest(source)
    yield app
    app.close()


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        ("what is 0x16100066 telling me and what should I do", "weak signal", "无法起飞"),
        ("What does 0x16100166 mean?", "Motor blocked", "电机堵转"),
        ("0x16100266 是什么意思？", "电池温度过低", "Battery too cold"),
        ("屏幕上显示 0x16100066，怎么办", "无法起飞", "weak signal"),
    ],
)
def test_the_row_in_the_language_of_the_question_answers(
    app: App, question: str, said: str, not_said: str
) -> None:
    answer = app.answerer.answer(question, scope_of(None))
    assert said in answer.text
    assert not_said not in answer.text
