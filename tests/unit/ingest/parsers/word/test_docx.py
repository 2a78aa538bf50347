"""Word files with one thing each, made of the markup that Word itself writes."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from unit.ingest.parsers.parser_samples import block_of, check, said

from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.word.docx import DocxParser

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPACES = (
    f'xmlns:w="{_MAIN}" xmlns:r="{_OFFICE}" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
STYLES = """<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Own"><w:name w:val="Company"/><w:basedOn w:val="H2"/></w:style>
<w:style w:styleId="Loop"><w:name w:val="loop"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:styleId="Ghost"><w:name w:val="ghost"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:styleId="Listing"><w:name w:val="Source Code"/></w:style>"""
WHITE = '<w:color w:val="FFFFFF"/>'
NUMBERING = """<w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
<w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>"""


def m(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def item(text: str, level: int = 0, numbering: int = 1) -> str:
    about = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbering}"/></w:numPr>'
    return paragraph(run(text), about)


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def cell(text: str, about: str = "") -> str:
    return f"<w:tc><w:tcPr>{about}</w:tcPr>{paragraph(run(text))}</w:tc>"


def word(body: str, parts: Mapping[str, tuple[str, str]] | None = None, background: str = "") -> bytes:
    """Return a document; `parts` are the kind and the markup of further parts, by name."""
    held = {
        "styles.xml": ("styles", f"<w:styles {_SPACES}>{STYLES}</w:styles>"),
        "numbering.xml": ("numbering", f"<w:numbering {_SPACES}>{NUMBERING}</w:numbering>"),
        **(parts or {}),
    }
    relations = "".join(
        f'<Relationship Id="{name.partition(".")[0]}" Type="{_OFFICE}/{kind}" Target="{name}"/>'
        for name, (kind, _) in held.items()
    )
    relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relationships}"><Relationship Id="m" Type="{_OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{relationships}">{relations}</Relationships>',
        )
        document = f"<w:document {_SPACES}>{background}<w:body>{body}</w:body></w:document>"
        archive.writestr("word/document.xml", document)
        for name, (_, markup) in held.items():
            archive.writestr(f"word/{name}", markup)
    return out.getvalue()


def read(
    body: str, parts: Mapping[str, tuple[str, str]] | None = None, background: str = ""
) -> ParsedDocument:
    document = DocxParser().parse(word(body, parts, background), "a.docx")
    check(document)
    return document


def texts(document: ParsedDocument) -> list[str]:
    return [text for _, text in said(document)]


def test_list_items_have_the_numbers_that_word_shows() -> None:
    document = read(
        item("One")
        + item("Sub", 1)
        + item("Sub", 1)
        + item("Dot", 2)
        + item("Two")
        + item("Sub", 1)
        + item("Five", 0, 2)
        + item("Three")
    )
    assert texts(document) == [
        "1. One",
        "1.a) Sub",
        "1.b) Sub",
        "Dot",
        "2. Two",
        "2.a) Sub",
        "5. Five",
        "3. Three",
    ]
    assert [block.level for block in document.blocks] == [0, 1, 1, 2, 0, 1, 0, 0]


def test_headings_are_known_by_the_style_that_theirs_is_based_on() -> None:
    document = read(
        paragraph(run("Safety"), '<w:pStyle w:val="Own"/>') + paragraph(run("x"), '<w:pStyle w:val="Loop"/>')
    )
    assert said(document) == [(BlockKind.HEADING, "Safety"), (BlockKind.PARAGRAPH, "x")]
    assert document.blocks[0].level == 2


def test_a_bold_line_that_can_be_a_title_is_a_heading_below_the_last_one() -> None:
    bold = "<w:b/>"
    document = read(
        paragraph(run("Safety"), '<w:pStyle w:val="H2"/>')
        + paragraph(run("Cleaning ", bold) + run("the valve", bold))
        + paragraph(run("Always close the valve before you clean it, and wait.", bold))
        + paragraph(run("Careful:", bold) + run(" it is hot"))
        + paragraph(run("清洁阀门", bold))
    )
    kinds = [block.kind for block in document.blocks]
    assert kinds == [BlockKind.HEADING, BlockKind.HEADING, *[BlockKind.PARAGRAPH] * 2, BlockKind.HEADING]
    assert [block.level for block in document.blocks] == [2, 3, 0, 0, 3]


def test_notes_stand_behind_the_paragraph_that_refers_to_them() -> None:
    note = f'<w:footnote w:id="7">{paragraph(run("At 20 bar."))}</w:footnote>'
    notes = f"<w:footnotes {_SPACES}>{note}</w:footnotes>"
    reference = run("Stop the pump") + '<w:r><w:footnoteReference w:id="7"/></w:r>' + run(" first.")
    document = read(paragraph(reference) + paragraph(run("Next.")), {"footnotes.xml": ("footnotes", notes)})
    assert texts(document) == ["Stop the pump [1] first.", "[1] At 20 bar.", "Next."]


def test_headers_and_footers_are_written_once_and_page_numbers_never() -> None:
    head = f"<w:hdr {_SPACES}>{paragraph(run('Manual SP-04 Rev. B'))}</w:hdr>"
    foot = f"<w:ftr {_SPACES}>{paragraph(run('- 1 -'))}</w:ftr>"
    parts = {"h1.xml": ("header", head), "h2.xml": ("header", head), "f1.xml": ("footer", foot)}
    assert texts(read(paragraph(run("Oil.")), parts)) == ["Oil.", "Header: Manual SP-04 Rev. B"]


@pytest.mark.parametrize(
    "properties",
    [
        "<w:vanish/>",
        '<w:vanish w:val="1"/>',
        '<w:rStyle w:val="Ghost"/>',
        WHITE,
        '<w:sz w:val="2"/>',
    ],
)
def test_hidden_text_is_left_out_and_reported(properties: str) -> None:
    document = read(paragraph(run("Oil.") + run("Ignore all of this.", properties)))
    assert document.text == "Oil."
    [notice] = document.notices
    assert notice.startswith("19 characters are hidden")


@pytest.mark.parametrize(
    "body",
    [
        paragraph(run("White", '<w:color w:val="FFFFFF"/><w:shd w:fill="000000"/>')),
        paragraph(run("White", '<w:color w:val="FFFFFF"/>'), '<w:shd w:fill="000000"/>'),
        table(
            cell("a") + cell("b"),
            f"<w:tc>{paragraph(run('White', WHITE))}</w:tc>",
        ),
        paragraph(run("White", '<w:vanish w:val="0"/><w:rStyle w:val="Ghost"/>')),
    ],
)
def test_white_letters_on_a_ground_of_their_own_are_read(body: str) -> None:
    document = read(body)
    assert "White" in document.text
    assert document.notices == ()


def test_tracked_changes_are_read_as_they_will_be() -> None:
    changed = (
        run("The limit is ")
        + f'<w:del w:id="1"><w:r><w:delText>60</w:delText></w:r></w:del><w:ins w:id="2">{run("80")}</w:ins>'
        + run(" bar.")
    )
    removed = f'<w:tr><w:trPr><w:del w:id="3"/></w:trPr>{cell("E-9")}{cell("gone")}</w:tr>'
    body = table(cell("Code") + cell("Meaning"), cell("E-1") + cell("Stop")).replace(
        "</w:tbl>", f"{removed}</w:tbl>"
    )
    comments = (
        f'<w:comments {_SPACES}><w:comment w:id="1">{paragraph(run("Really?"))}</w:comment></w:comments>'
    )
    document = read(paragraph(changed) + body, {"comments.xml": ("comments", comments)})
    assert texts(document) == ["The limit is 80 bar.", "Code | Meaning", "E-1 | Stop"]
    assert document.notices == (
        "Tracked changes: 2 deleted passages (9 characters) were not read, and what is marked as inserted "
        "was.",
        "1 comment in the margin was not read.",
    )


def test_merged_cells_and_named_header_rows() -> None:
    tall, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    document = read(
        table(
            "<w:trPr><w:tblHeader/></w:trPr>" + cell("Part") + cell("Torque", '<w:gridSpan w:val="2"/>'),
            "<w:trPr><w:tblHeader/></w:trPr>" + cell("") + cell("dry") + cell("oiled"),
            cell("M8", tall) + cell("25 Nm") + cell("20 Nm"),
            cell("", on) + cell("27 Nm") + cell("22 Nm"),
        )
    )
    assert texts(document)[1:] == ["M8 | 25 Nm | 20 Nm", "M8 | 27 Nm | 22 Nm"]
    assert document.blocks[1].header == "Part | Torque dry | Torque oiled"


def test_a_frame_is_read_as_the_text_that_it_holds() -> None:
    document = read(table(f"<w:tc>{item('One')}{item('Two')}</w:tc>"))
    assert said(document) == [(BlockKind.LIST_ITEM, "1. One"), (BlockKind.LIST_ITEM, "2. Two")]


def test_a_chart_is_a_table() -> None:
    point = '<c:pt idx="{}"><c:v>{}</c:v></c:pt>'
    name = f"<c:tx>{point.format(0, 'Line 1')}</c:tx>"
    years = f"<c:cat>{point.format(0, '2024')}{point.format(1, '2025')}</c:cat>"
    values = f"<c:val>{point.format(0, 12)}{point.format(1, 15)}</c:val>"
    chart = (
        f"<c:chartSpace {_SPACES}><c:chart><c:title><a:t>Output</a:t></c:title><c:plotArea><c:barChart>"
        f"<c:ser>{name}{years}{values}</c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )
    drawing = '<w:r><w:drawing><c:chart r:id="chart1"/></w:drawing></w:r>'
    document = read(paragraph(drawing), {"chart1.xml": ("chart", chart)})
    assert texts(document) == ["Output", "| Line 1", "2024 | 12", "2025 | 15"]
    assert block_of(document, "2025 | 15").header == "| Line 1"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (f"<m:f><m:num>{m('a')}</m:num><m:den>{m('2b')}</m:den></m:f>", "\\frac{a}{2b}"),
        (f"<m:sSup><m:e>{m('x')}</m:e><m:sup>{m('2')}</m:sup></m:sSup>", "x^{2}"),
        (f"<m:sSub><m:e>{m('x')}</m:e><m:sub>{m('i')}</m:sub></m:sSub>", "x_{i}"),
        (f"<m:rad><m:deg/><m:e>{m('x')}</m:e></m:rad>", "\\sqrt{x}"),
        (
            f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{m('i=1')}</m:sub><m:sup>{m('n')}</m:sup>"
            f"<m:e>{m('i')}</m:e></m:nary>",
            "\\sum_{i=1}^{n} i",
        ),
        (
            f"<m:func><m:fName>{m('log')}</m:fName><m:e><m:d><m:e>{m('x')}</m:e></m:d></m:e></m:func>",
            "\\log (x)",
        ),
        (f"<m:m><m:mr><m:e>{m('a')}</m:e><m:e>{m('b')}</m:e></m:mr></m:m>", "a & b"),
    ],
)
def test_formulas_keep_what_stands_where(markup: str, text: str) -> None:
    document = read(paragraph(run("So ") + f"<m:oMath>{markup}</m:oMath>"))
    assert document.text == f"So {text}"


def test_code_keeps_its_lines() -> None:
    style = '<w:pStyle w:val="Listing"/>'
    document = read(
        paragraph(run("if hot:"), style) + paragraph(run("  stop()"), style) + paragraph(run("Oil."))
    )
    assert said(document) == [(BlockKind.CODE, "if hot:\n  stop()"), (BlockKind.PARAGRAPH, "Oil.")]


def test_the_dialect_of_the_standard_is_read_too() -> None:
    content = word(paragraph(run("Oil.")))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            markup = source.read(name)
            markup = markup.replace(_MAIN.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
            markup = markup.replace(
                _OFFICE.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships"
            )
            target.writestr(name, markup)
    assert DocxParser().parse(out.getvalue(), "a.docx").text == "Oil."
