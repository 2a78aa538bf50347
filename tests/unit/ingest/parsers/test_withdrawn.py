"""What an author took back is left out of the text, and a notice says how much of it there is and where."""

import pytest
from unit.ingest.parsers.parser_samples import check, said
from unit.ingest.parsers.word.test_docx import cell, paragraph, read, run, table, texts

from core.errors import EmptyDocumentError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder
from ingest.parsers.web.html import HtmlParser
from ingest.parsers.web.markdown import MarkdownParser


def markdown(text: str) -> ParsedDocument:
    document = MarkdownParser().parse(text.encode(), "a.md")
    check(document)
    return document


def html(text: str) -> ParsedDocument:
    document = HtmlParser().parse(text.encode(), "a.html")
    check(document)
    return document


def lines(document: ParsedDocument) -> list[str]:
    return [text for _, text in said(document)]


def test_a_notice_counts_passages_and_names_their_headings() -> None:
    builder = DocumentBuilder(media_type="text/plain")
    builder.withdrawn("9 euros")
    builder.heading(1, "Fees")
    builder.withdrawn("old fee")
    builder.withdrawn(" ")
    builder.paragraph("12 euros")
    builder.heading(2, "Keys")
    builder.withdrawn("x")
    assert builder.build("a").notices == (
        "3 struck-through passages (13 characters) were not read; they stand under “Fees”, “Keys” and in "
        "1 other place.",
    )


def test_one_passage_is_told_in_the_singular() -> None:
    document = markdown("# Bikes\n\nA stand costs ~~8~~ 11 francs.\n")
    assert lines(document) == ["Bikes", "A stand costs 11 francs."]
    assert document.notices == (
        "1 struck-through passage (1 character) was not read; it stands under “Bikes”.",
    )


def test_markdown_keeps_what_is_valid() -> None:
    document = markdown(
        "# Hall\n\n~~The **gate** closes at `6`.~~\n\nThe gate closes at 8.\n\n1. ~~Knock~~\n2. Ring\n\n"
        "| Lamp | Watt |\n|--|--|\n| L1 | ~~60~~ 9 |\n\n~~~\nkept ~~code~~\n~~~\n\n~5 to ~7 are two.\n"
    )
    assert lines(document) == [
        *("Hall", "The gate closes at 8.", "2. Ring", "Lamp | Watt", "L1 | 9", "kept ~~code~~"),
        "~5 to ~7 are two.",
    ]
    assert document.notices[0].startswith("3 struck-through passages (24 characters) were not read")


@pytest.mark.parametrize("tag", ["s", "del", "strike", 'span style="text-decoration: line-through"'])
def test_html_in_markdown_is_struck_too(tag: str) -> None:
    end = tag.split(maxsplit=1)[0]
    source = (
        f"The tank holds <{tag}>40 litres</{end}> 55 litres.\n\n<p><{tag}>Old rule.</{end}> New rule.</p>\n"
    )
    document = markdown(source)
    assert lines(document) == ["The tank holds 55 litres.", "New rule."]
    assert document.notices[0].startswith("2 struck-through passages (16 characters) were not read")


def test_struck_blocks_of_markdown_and_tags_that_never_end() -> None:
    document = markdown(
        "New.\n\n<del>\n\nOld rule one.\n\n- Old rule two.\n\n</del>\n\nAlso new.\n\n<s> is a tag.\n"
    )
    assert lines(document) == ["New.", "Also new.", "is a tag."]
    assert "2 struck-through passages" in document.notices[0]


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("<s>", "</s>"),
        ("<del cite='#'>", "</del>"),
        ("<strike><b>", "</b></strike>"),
        ("<span style='color:red; text-decoration: underline line-through'>", "</span>"),
        ("<span style='text-decoration-line:line-through'>", "</span>"),
        ("<span class='old note'>", "</span>"),
        ("<span role=deletion>", "</span>"),
    ],
)
def test_html_forms_of_strike_through(before: str, behind: str) -> None:
    style = "<style>.old { text-decoration: line-through }</style>"
    document = html(f"{style}<h2>Oven</h2><p>Heat to {before}180 °C{behind} <ins>165 °C</ins>.</p>")
    assert lines(document) == ["Oven", "Heat to 165 °C."]
    assert document.notices == (
        "1 struck-through passage (5 characters) was not read; it stands under “Oven”.",
    )


def test_cells_behind_a_struck_one_keep_their_columns() -> None:
    document = html(
        "<table><tr><th>Part</th><th>Old</th><th>New</th></tr>"
        "<tr><td>Bolt</td><td style='text-decoration:line-through'>14</td><td>16</td></tr>"
        "<tr style='text-decoration:line-through'><td>Nut</td><td>1</td><td>2</td></tr></table>"
    )
    assert lines(document) == ["Part | Old | New", "Bolt |  | 16"]


def test_a_file_of_struck_text_alone_says_so() -> None:
    with pytest.raises(EmptyDocumentError, match=r"1 struck-through passage .* was not read"):
        markdown("~~All of this is over.~~\n")


STYLES = (
    "styles",
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:style w:styleId="Gone"><w:name w:val="gone"/><w:rPr><w:strike/></w:rPr></w:style></w:styles>',
)


@pytest.mark.parametrize("sign", ["<w:strike/>", '<w:dstrike w:val="1"/>', '<w:rStyle w:val="Gone"/>'])
def test_struck_runs_of_word(sign: str) -> None:
    document = read(
        paragraph(run("Limit: ") + run("30", sign) + run(" mm", sign) + run(" 25 mm"))
        + paragraph(run("Wholly struck.", sign))
        + table(
            cell("Bolt") + cell("Torque"),
            cell("M8") + f"<w:tc>{paragraph(run('9', sign) + run('12'))}</w:tc>",
        ),
        {"styles.xml": STYLES},
    )
    assert texts(document) == ["Limit: 25 mm", "Bolt | Torque", "M8 | 12"]
    assert document.notices == ("3 struck-through passages (18 characters) were not read.",)


def test_a_run_may_take_back_what_its_style_strikes() -> None:
    kept = run("valid", '<w:strike w:val="0"/>')
    document = read(paragraph(run("gone ") + kept, '<w:pStyle w:val="Gone"/>'), {"styles.xml": STYLES})
    assert texts(document) == ["valid"]


def test_tracked_deletions_of_word() -> None:
    deleted = '<w:del w:id="1"><w:r><w:delText>every Monday</w:delText></w:r></w:del>'
    row = f'<w:tr><w:trPr><w:del w:id="2"/></w:trPr>{cell("Old")}{cell("7")}</w:tr>'
    document = read(
        paragraph(run("Oil it "), "")
        + paragraph(run("Clean it ") + deleted + f'<w:ins w:id="3">{run("every Friday")}</w:ins>')
        + table(cell("Name") + cell("Count"), cell("New") + cell("8")).replace("</w:tbl>", f"{row}</w:tbl>")
    )
    assert texts(document) == ["Oil it", "Clean it every Friday", "Name | Count", "New | 8"]
    assert document.notices == (
        "Tracked changes: 2 deleted passages (15 characters) were not read, and what is marked as inserted "
        "was.",
    )
