import pytest

from core.values.documents import Block, BlockKind, Chunk, ParsedDocument
from ingest.languages import with_languages

ENGLISH = "The pump must be stopped before any maintenance work begins, and the valve closed."
GERMAN = "Die Pumpe muss angehalten werden, bevor irgendeine Wartung beginnt, und das Ventil geschlossen."
CHINESE = "在开始任何维护工作之前，必须停止泵并关闭阀门。"
ROW = "M8x1.25 | 25 Nm | E-42"
CODE = "17 | 18 | 19"


def languages(*texts: str) -> list[str]:
    whole = "\n".join(texts)
    chunks, start = [], 0
    for number, text in enumerate(texts):
        chunks.append(
            Chunk(ordinal=number, kind=BlockKind.PARAGRAPH, start=start, end=start + len(text), text=text)
        )
        start += len(text) + 1
    document = ParsedDocument(
        title="a", text=whole, blocks=(Block(kind=BlockKind.PARAGRAPH, start=0, end=len(whole)),)
    )
    return [chunk.language for chunk in with_languages(document, chunks)]


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (GERMAN, "de"), (CHINESE, "zh")])
def test_each_piece_has_its_own_language(text: str, language: str) -> None:
    assert languages(text, ENGLISH)[0] == language


def test_what_says_too_little_is_in_its_documents_language() -> None:
    assert languages(GERMAN, ROW, CODE) == ["de", "de", "de"]
    assert languages(ROW, CODE) == ["", ""]


JAPANESE = "保守作業を開始する前に、ポンプを停止してバルブを閉じなければなりません。"


@pytest.mark.parametrize(
    ("whole", "text", "language"),
    [(ENGLISH, GERMAN, "de"), (ENGLISH, CHINESE, "zh"), (CHINESE, ENGLISH, "en"), (CHINESE, JAPANESE, "ja")],
)
def test_a_piece_in_another_language_is_told_from_a_long_document(
    whole: str, text: str, language: str
) -> None:
    assert languages(*[whole] * 9, text)[-1] == language
