import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from unit.ingest.parsers.parser_samples import block_of, check, eml, said, slides, word

from core.errors import ParseError
from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.mail.eml import EmlParser
from ingest.parsers.slides.pptx import PptxParser
from ingest.parsers.word.docx import DocxParser

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_word() -> None:
    document = DocxParser().parse(word(), "a.docx")
    check(document)
    assert document.title == "Handbook"
    assert said(document) == [
        (BlockKind.HEADING, "Safety"),
        (BlockKind.PARAGRAPH, "Wear gloves."),
        (BlockKind.LIST_ITEM, "first"),
        (BlockKind.HEADING, "Codes"),
        (BlockKind.ROW, "Code | Meaning"),
        (BlockKind.ROW, "E-1 | Stop"),
    ]
    assert block_of(document, "Codes").level == 2
    assert block_of(document, "E-1 | Stop").header == "Code | Meaning"


def test_word_text_in_boxes_controls_insertions_and_formulas_is_kept() -> None:
    source = docx.Document()
    paragraph = source.add_paragraph("Area ")
    body = paragraph._p.getparent()
    space = nsdecls("w")
    paragraph._p.append(
        parse_xml(f"<w:ins {space} w:id='1' w:author='a'><w:r><w:t>grows</w:t></w:r></w:ins>")
    )
    math = "xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math'"
    paragraph._p.append(parse_xml(f"<m:oMath {math}><m:r><m:t> A=x</m:t></m:r></m:oMath>"))
    paragraph._p.append(
        parse_xml(
            f"<w:r {space}><w:pict><v:textbox xmlns:v='urn:schemas-microsoft-com:vml'><w:txbxContent>"
            "<w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></w:r>"
        )
    )
    assert body is not None
    body.insert(
        0,
        parse_xml(
            f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>Controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        ),
    )
    outlined = source.add_paragraph("Own style")
    outlined._p.get_or_add_pPr().append(parse_xml(f"<w:outlineLvl {space} w:val='2'/>"))
    out = io.BytesIO()
    source.save(out)
    document = DocxParser().parse(out.getvalue(), "a.docx")
    check(document)
    assert [text for _, text in said(document)] == ["Controlled", "Area grows A=x", "Boxed", "Own style"]
    assert (document.blocks[-1].kind, document.blocks[-1].level) == (BlockKind.HEADING, 3)


def test_slides() -> None:
    document = PptxParser().parse(slides(), "a.pptx")
    check(document)
    assert said(document) == [
        (BlockKind.HEADING, "Results"),
        (BlockKind.LIST_ITEM, "Output doubled"),
        (BlockKind.PARAGRAPH, "Notes: Mention the new line."),
        (BlockKind.HEADING, "Numbers"),
        (BlockKind.ROW, "Year | Output"),
        (BlockKind.ROW, "2025 | 12 t"),
    ]
    assert [page.number for page in document.pages] == [1, 2]
    assert document.text[document.pages[1].start :].strip().startswith("Numbers")


def mail(content: bytes) -> ParsedDocument:
    document = EmlParser().parse(content, "a.eml")
    check(document)
    return document


def test_mail() -> None:
    document = mail(eml())
    assert document.title == "Pump stopped"
    assert [text for _, text in said(document)] == [
        "Pump stopped",
        "From: Ann <ann@example.org>; To: Bob <bob@example.org>; Date: Mon, 05 Jan 2026 10:00:00 +0000",
        "The pump stopped at noon.",
        "Please look.",
        "Attachments: log.pdf",
    ]


def test_mail_in_html_only_and_broken_mail() -> None:
    head = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/html; charset=nonsense\r\n\r\n"
    assert [text for _, text in said(mail(head + b"<p>Hi <b>you</b></p>"))] == ["Grüße", "Hi you"]
    assert mail(b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nno boundary").title == "x"
    with pytest.raises(ParseError, match="headers"):
        mail(b"just text, no message")
