"""The PDFs of the reported cases, read as they are: page furniture, forms, turned writing, page breaks."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.application import make_app
from fakes.source import FakeSource
from reportlab.pdfgen.canvas import Canvas

from api.app import App
from core.permissions import scope_of
from core.values.answers import Answer
from core.values.documents import ParsedDocument
from ingest.parsers.formats import parse

ROOT = Path(__file__).parents[4]
CASES = Path(os.environ.get("VADE_DATA", ROOT / ".." / "shared" / "data")) / "cases"
MAX_TEXT_BYTES = 1_000_000


def case(folder: str, name: str) -> Path:
    path = CASES / folder / "in" / name
    if not path.is_file():
        pytest.skip(f"{path} is absent; set VADE_DATA to the folder that holds the cases")
    return path


def read(folder: str, name: str) -> ParsedDocument:
    path = case(folder, name)
    return parse(path.read_bytes(), path.name, MAX_TEXT_BYTES)


@pytest.mark.parametrize(
    ("folder", "name", "lines"),
    [
        ("pdf_furniture", "two-sensors.pdf", ["Sensor TS-11", "Sensor TS-22"]),
        ("pdf_furniture", "lone.pdf", ["1995", "2140"]),
        (
            "pdf_header_only",
            "gear-oil-change.pdf",
            ["Work instruction WI-2291, revision D, valid from 1 March 2026"],
        ),
        (
            "pdf_form",
            "acceptance-form.pdf",
            [
                "Serial number of the hoist | HX-55 0417",
                "Rated load | 3.2 t",
                "Inspector | M. Orlova",
                "Load test passed | yes",
            ],
        ),
        (
            "pdf_rotated",
            "coolant-capacities.pdf",
            ["Fluid | Quantity | Specification", "Hydraulic oil | 64 l | HVLP 46"],
        ),
        ("pdf_rotated", "winch-loads.pdf", ["second | 49 kN | 25 m/min"]),
        ("pdf_rtl", "hebrew-office.pdf", ["המשרד נוסד בשנת 1995", "טלפון 03-5051051 במשרד"]),
        ("pdf_vertical", "xuanfu.pdf", ["值班员每日巡查四次", "停机后须报告值班主任"]),
        ("pdf_table_pages", "bearing-list.pdf", ["P38 | 6238-2RS | 1520 h | 114 g"]),
    ],
)
def test_lines_of_a_case_are_read_whole_and_once(folder: str, name: str, lines: list[str]) -> None:
    found = read(folder, name).text.split("\n")
    assert {line: found.count(line) for line in lines} == dict.fromkeys(lines, 1)


def test_what_is_kept_once_or_left_out_of_a_case_is_reported() -> None:
    once, numbers = read("pdf_header_only", "gear-oil-change.pdf").notices
    assert "WI-2291, revision D" in once
    assert numbers == "Page numbers were left out on pages 1, 2, 3."


def test_a_list_and_compound_words_of_a_case_go_on_over_breaks() -> None:
    document = read("list_across_pages", "confined-space-permit.pdf")
    items = [
        line for line in document.text.split("\n") if line[:2] in {f"{number}." for number in range(1, 6)}
    ]
    assert len(items) == 5
    assert "\n".join(items) in document.text
    assert "re-entry into the booth" in read("pdf_ligature", "filter-note.pdf").text


def test_rows_of_a_case_keep_their_header_on_the_page_without_one() -> None:
    document = read("pdf_table_pages", "bearing-list.pdf")
    last = next(
        block for block in document.blocks if document.text[block.start : block.end].startswith("P70")
    )
    assert last.header == "Position | Bearing | Grease interval | Grease amount"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = make_app(tmp_path)
    yield made
    made.close()


def answered(app: App, content: bytes, question: str) -> Answer:
    source = FakeSource()
    source.put("form.pdf", content)
    app.pipeline.ingest(source)
    app.indexes.bring_up_to_date()
    return app.answerer.answer(question, scope_of("ann"))


def test_a_question_is_answered_by_what_is_filled_in(app: App) -> None:
    form = case("pdf_form", "acceptance-form.pdf").read_bytes()
    answer = answered(app, form, "What is the serial number of the hoist?")
    assert answer.text == "Serial number of the hoist | HX-55 0417"
    assert answer.citations[0].page == 1


def test_a_question_is_not_answered_by_the_label_of_an_empty_field(app: App) -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    for row, label in enumerate(("Serial number of the hoist:", "Rated load: ____", "Inspector:")):
        canvas.drawString(72, 700 - 40 * row, label)
        canvas.acroForm.textfield(name=f"f{row}", x=300, y=695 - 40 * row, width=100, height=18)
    canvas.save()
    assert answered(app, out.getvalue(), "What is the serial number of the hoist?").refused
