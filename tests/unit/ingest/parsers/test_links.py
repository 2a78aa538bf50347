"""Links keep addresses that their texts do not say, and pages that redirect say where they lead."""

import io
import zipfile

import pytest
from unit.ingest.parsers.parser_samples import check, said
from unit.ingest.parsers.word.test_docx import paragraph, run, word

from core.errors import EmptyDocumentError
from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.links import target_behind
from ingest.parsers.web.html import HtmlParser
from ingest.parsers.web.markdown import MarkdownParser
from ingest.parsers.word.docx import DocxParser


@pytest.mark.parametrize(
    ("text", "address", "behind"),
    [
        ("the form", "https://hr.example.org/forms/12", " (https://hr.example.org/forms/12)"),
        ("the form", "forms/leave-12.pdf?v=2", " (forms/leave-12.pdf?v=2)"),
        ("the share", "file://nas/plans/hall.dwg", " (file://nas/plans/hall.dwg)"),
        ("the desk", "mailto:desk@example.org", " (desk@example.org)"),
        ("here", "//cdn.example.org/a", " (//cdn.example.org/a)"),
        ("表单", "%E8%A1%A8%E5%8D%95%2F1.pdf?a=%ff", " (表单%2F1.pdf?a=%ff)"),
        ("jazz", "http://z", " (http://z)"),
        ("example.org", "https://www.example.org/", ""),
        ("https://example.org/a", "https://example.org/a", ""),
        ("desk@example.org", "mailto:desk@example.org", ""),
        ("chapter two", "#two", ""),
        ("chapter two", "two.html#a", ""),
        ("chapter two", "../two/", ""),
        ("chapter two", "", ""),
        ("click", "javascript:alert(1)", ""),
        ("click", "JaVaScRiPt:alert(1)", ""),
        ("click", "java\tscript:alert(1)", ""),
        ("click", "data:text/html;base64,AAAA", ""),
        ("", "https://example.org/a", ""),
        ("long", "https://example.org/a?" + "x" * 400, " (https://example.org/a)"),
        ("longer", "https://example.org/" + "x" * 400, ""),
    ],
)
def test_what_follows_the_text_of_a_link(text: str, address: str, behind: str) -> None:
    assert target_behind(text, address) == behind


def lines(document: ParsedDocument) -> list[str]:
    check(document)
    return [text for _, text in said(document)]


def html(text: str) -> ParsedDocument:
    return HtmlParser().parse(text.encode(), "a.html")


def test_links_of_html() -> None:
    link = '<a href="https://x.example/{}">{}</a>'
    document = html(
        f"<h1>{link.format('h', 'Leave')}</h1><p>Fill in {link.format('f', '<b>the form</b>')}.</p>"
        f"<ul><li>{link.format('l', 'List')}</li></ul><dl><dt>Plan</dt><dd>See "
        f"{link.format('p', 'it')}</dd></dl>"
        f"<table><tr><th>{link.format('t', 'Name')}</th><th>Page</th></tr><tr><td>A</td><td>"
        f"{link.format('c', 'cell')}</td></tr></table><p><a href='#top'>Up</a></p>"
    )
    assert lines(document) == [
        *("Leave", "Fill in the form (https://x.example/f).", "List (https://x.example/l)"),
        *("Plan: See it (https://x.example/p)", "Name | Page", "A | cell (https://x.example/c)", "Up"),
    ]


def test_links_of_markdown() -> None:
    source = (
        "# [Leave](https://x.example/h)\n\nFill in [the **form**](https://x.example/f%20g.pdf) or "
        "[it][1].\n\n"
        "| [N](https://x.example/n) | P |\n|--|--|\n| A | [`c`](https://x.example/c) |\n\n"
        "[Left](forms/leave form.pdf), [top](#top), ~~[old](https://x.example/o)~~ "
        "[![logo](l.png)](https://x.example/i)\n\n[1]: https://x.example/1\n"
    )
    assert lines(MarkdownParser().parse(source.encode(), "a.md")) == [
        "Leave",
        "Fill in the form (https://x.example/f%20g.pdf) or it (https://x.example/1).",
        "N | P",
        "A | c (https://x.example/c)",
        "Left (forms/leave form.pdf), top,",
    ]


def test_links_of_word() -> None:
    outside = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        'Id="l1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
        'Target="https://x.example/f" TargetMode="External"/>'
    )
    begin, middle, end = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    code = '<w:r><w:instrText> HYPERLINK "https://x.example/g" </w:instrText></w:r>'
    simple = f'<w:fldSimple w:instr=" HYPERLINK &quot;https://x.example/s&quot; ">{run("this")}</w:fldSimple>'
    link = f'<w:hyperlink r:id="l1">{run("the form")}</w:hyperlink>'
    content = word(
        paragraph(run("Fill in ") + link + run("."))
        + paragraph(link, '<w:pStyle w:val="H2"/>')
        + paragraph(run("Or ") + begin + code + middle + run("that") + end + run(", or ") + simple)
        + paragraph(f'<w:hyperlink w:anchor="top">{run("Up")}</w:hyperlink>')
    )
    document = DocxParser().parse(with_links(content, outside), "a.docx")
    assert said(document) == [
        (BlockKind.PARAGRAPH, "Fill in the form (https://x.example/f)."),
        (BlockKind.HEADING, "the form"),
        (BlockKind.PARAGRAPH, "Or that (https://x.example/g), or this (https://x.example/s)"),
        (BlockKind.PARAGRAPH, "Up"),
    ]


def with_links(content: bytes, relations: str) -> bytes:
    """Return a Word file with further relations of its main part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            markup = old.read(name).decode()
            if name == "word/_rels/document.xml.rels":
                markup = relations + markup[markup.index(">") + 1 :]
            new.writestr(name, markup)
    return out.getvalue()


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="refresh" content="0; url=https://x.example/new">',
        "<meta http-equiv=Refresh content=\"5;URL='https://x.example/new'\">",
        '<link rel="canonical" href="https://x.example/new">',
        '<script>window.location.replace("https://x.example/new");</script>',
        '<script>location.href = "https://x.example/new"</script>',
    ],
)
def test_a_page_that_only_redirects_says_where_it_leads(head: str) -> None:
    document = html(
        f"<html><head><title>Old leave form</title>{head}</head><body><p>Moved.</p></body></html>"
    )
    assert document.title == "Old leave form"
    assert lines(document) == ["This page leads to https://x.example/new.", "Moved."]
    assert lines(html(f"<html><head>{head}</head><body></body></html>")) == [
        "This page leads to https://x.example/new."
    ]


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="300; url=https://x.example/self">',
        '<link rel="canonical" href="https://x.example/self">',
        '<script>if (x) location.href = "https://x.example/login"</script>',
    ],
)
def test_a_page_with_text_leads_nowhere(head: str) -> None:
    text = "The valve is opened by hand. " * 12
    assert lines(html(f"<html><head>{head}</head><body><p>{text}</p></body></html>")) == [text.strip()]


@pytest.mark.parametrize("target", ["javascript:alert(1)", "#top", ""])
def test_a_page_leads_to_no_program(target: str) -> None:
    with pytest.raises(EmptyDocumentError):
        html(f'<html><head><meta http-equiv="refresh" content="0; url={target}"></head><body></body></html>')
