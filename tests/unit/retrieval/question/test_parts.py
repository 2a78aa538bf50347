from collections.abc import Sequence
from dataclasses import replace

from core.values.answers import Passage
from retrieval.question.parts import with_parts

ONE = Passage(
    chunk_id=1,
    document_id=1,
    uri="file:///leave.md",
    title="Leave",
    version=1,
    context="Leave",
    text="Comp time is paid out.",
    start=0,
    chunk_start=0,
    chunk_end=22,
    score=1.0,
)
OTHERS = [replace(ONE, chunk_id=number) for number in range(2, 7)]


def test_each_part_adds_what_it_finds_besides() -> None:
    asked: list[str] = []

    def search(part: str) -> Sequence[Passage]:
        asked.append(part)
        return [ONE, *OTHERS]

    found = with_parts("What happens to comp time and to credit hours?", [ONE], search)
    assert asked == ["What happens to comp time?", "What happens to credit hours?"]
    assert [one.chunk_id for one in found] == [1, 2, 3, 4, 5, 6]


def test_a_question_of_one_part_is_not_searched_for_again() -> None:
    def search(part: str) -> Sequence[Passage]:
        raise AssertionError(part)

    assert with_parts("What happens to comp time?", [ONE], search) == [ONE]
