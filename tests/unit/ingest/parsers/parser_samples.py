"""One small file of each format, made here, and what every parsed document must fulfil."""

import io
import zlib
from email.message import EmailMessage
from typing import Any

import docx
import numpy as np
import openpyxl
import pptx
from fakes.containers import packed
from fakes.outlook import outlook
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from core.values.documents import Block, BlockKind, ParsedDocument

MAX_TEXT_BYTES = 10_000_000
MARKDOWN = """---
title: Pump P-7
tags: [pump]
---
# Safety

Wear *gloves*; see the [manual](https://example.org/m.pdf).

1. Close the valve
   - slowly
2. Wait

| Code | Meaning |
|------|---------|
| E-42 | Overheat |

```sh
reset --hard
```
"""
HTML = """<!doctype html><html><head><meta charset="utf-8"><title>Press 4</title></head><body>
<nav>Home</nav><main><h1>Press</h1><p>Read <a href="https://example.org">this</a> first.</p>
<ul><li>Oil</li><li>Grease<ul><li>white</li></ul></li></ul>
<table><thead><tr><th>Bolt</th><th>Torque</th></tr></thead><tr><td>M8</td><td>25 Nm</td></tr></table>
<pre>a = 1
  b</pre></main><footer>Imprint</footer><script>alert(1)</script></body></html>"""
RST = """Title
=====

See :ref:`the guide <guide>` and ``code``.

.. note:: Careful.

.. list-table::
   :header-rows: 1

   * - A
     - B
   * - 1
     - 2

.. code-block:: c
   :linenos:

   int x;

- item
"""
CSV = 'Code,Meaning\nE-1,Stop\nE-2,"Go, slowly"\n'
TEXT = "A title\n=======\n\nA line of prose.\n\n- one\n- two\n"


def eml() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Pump stopped"
    message["From"] = "Ann <ann@example.org>"
    message["To"] = "Bob <bob@example.org>"
    message["Date"] = "Mon, 05 Jan 2026 10:00:00 +0000"
    message.set_content("The pump stopped at noon.\n\nPlease look.\n")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="log.pdf")
    return message.as_bytes()


def pdf() -> bytes:
    """A4, two pages: a heading, a paragraph of two lines with a broken word, a list, a table."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number in (1, 2):
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(72, 760, f"Chapter {number}")
        canvas.setFont("Helvetica", 11)
        for row, line in enumerate(("The pump must be stopped before any mainte-", "nance work begins.")):
            canvas.drawString(72, 720 - 14 * row, line)
        canvas.drawString(72, 670, "• Close the valve")
        canvas.drawString(72, 656, "• Wait")
        for row, cells in enumerate(
            (("Code", "Meaning", "Action"), ("E-1", "Hot", "Stop"), ("E-2", "Cold", "Go"))
        ):
            for column, cell in enumerate(cells):
                canvas.drawString(72 + 120 * column, 600 - 16 * row, cell)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Handbook"
    document.add_heading("Safety", 1)
    document.add_paragraph("Wear gloves.")
    document.add_paragraph("first", style="List Bullet")
    document.add_heading("Codes", 2)
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Code", "Meaning"), ("E-1", "Stop")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    return _saved(document)


def book() -> bytes:
    """An e-book of one chapter."""
    package = (
        '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>'
    return packed({"META-INF/container.xml": container, "p.opf": package, "a.xhtml": HTML})


def unstyled_word() -> bytes:
    """A heading that is one only by its letters: what can be a title has to be judged."""
    document = docx.Document()
    document.add_paragraph().add_run("Cleaning the valve").bold = True
    document.add_paragraph("Close it first.")
    return _saved(document)


def slides() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Results"
    slide.placeholders[1].text = "Output doubled"
    slide.notes_slide.notes_text_frame.text = "Mention the new line."
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Numbers"
    table = slide.shapes.add_table(
        2, 2, 0, pptx.util.Inches(2), pptx.util.Inches(4), pptx.util.Inches(1)
    ).table
    for place, text in {(0, 0): "Year", (0, 1): "Output", (1, 0): "2025", (1, 1): "12 t"}.items():
        table.cell(*place).text = text
    return _saved(presentation)


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Torque"
    for row in rows or (("Bolt", "Torque (Nm)"), ("M8", 25.0), ("M10", 49.5)):
        sheet.append(row)
    return _saved(book)


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def all_samples() -> dict[str, bytes]:
    return {
        "a.txt": TEXT.encode(),
        "a.md": MARKDOWN.encode(),
        "a.html": HTML.encode(),
        "a.rst": RST.encode(),
        "a.csv": CSV.encode(),
        "a.eml": eml(),
        "a.pdf": pdf(),
        "a.docx": word(),
        "b.docx": unstyled_word(),
        "a.pptx": slides(),
        "a.xlsx": workbook(),
        "a.zip": packed({"a.md": MARKDOWN, "b.html": HTML}),
        "a.msg": outlook("Pump stopped", "Please look.", {"log.txt": b"E-42 at noon. " * 300}),
        "a.epub": book(),
        "a.vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Stop the pump.\n",
    }


def said(document: ParsedDocument) -> list[tuple[BlockKind, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def block_of(document: ParsedDocument, text: str) -> Block:
    return next(block for block in document.blocks if document.text[block.start : block.end] == text)


def check(document: ParsedDocument) -> None:
    """Blocks in order, apart and clean; pages in order and whole; one box a character."""
    assert document.title
    assert document.title == document.title.strip()
    end = 0
    for position, block in enumerate(document.blocks):
        between = document.text[end : block.start]
        assert between in (("",) if position == 0 else ("\n", "\n\n")), (position, between)
        text = document.text[block.start : block.end]
        assert text
        assert text == text.strip("\n")
        if block.kind is not BlockKind.CODE:
            assert "\n" not in text
            assert "  " not in text.replace("|  |", "||").replace("|  |", "||")
            assert text == text.strip()
        end = block.end
    assert end == len(document.text)
    document.text.encode()  # no lone surrogates
    last = 0
    for number, page in enumerate(document.pages, start=1):
        assert page.number == number
        assert page.start == last
        assert page.end >= page.start
        last = page.end
        if page.boxes:
            assert len(boxes(page.boxes)) == page.end - page.start
    assert not document.pages or last == len(document.text)


def boxes(packed: bytes) -> np.ndarray:
    return np.frombuffer(zlib.decompress(packed), "<i2").reshape(-1, 4)
