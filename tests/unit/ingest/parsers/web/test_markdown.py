from unit.ingest.parsers.parser_samples import MARKDOWN, block_of, check, said

from core.values.documents import BlockKind, ParsedDocument
from ingest.parsers.web.markdown import MarkdownParser


def parse(text: str) -> ParsedDocument:
    document = MarkdownParser().parse(text.encode(), "a.md")
    check(document)
    return document


def test_structure_and_front_matter() -> None:
    document = parse(MARKDOWN)
    assert document.title == "Pump P-7"
    assert said(document) == [
        (BlockKind.HEADING, "Safety"),
        (BlockKind.PARAGRAPH, "Wear gloves; see the manual (https://example.org/m.pdf)."),
        (BlockKind.LIST_ITEM, "1. Close the valve"),
        (BlockKind.LIST_ITEM, "slowly"),
        (BlockKind.LIST_ITEM, "2. Wait"),
        (BlockKind.ROW, "Code | Meaning"),
        (BlockKind.ROW, "E-42 | Overheat"),
        (BlockKind.CODE, "reset --hard"),
    ]
    assert block_of(document, "slowly").level == 1
    assert block_of(document, "E-42 | Overheat").header == "Code | Meaning"


def test_broken_front_matter_is_left_out_and_a_rule_is_not_one() -> None:
    assert parse("---\ntitle: [a\n---\n# B\n").title == "B"
    assert said(parse("---\n\njust a rule\n")) == [(BlockKind.PARAGRAPH, "just a rule")]


def test_addresses_of_pages_beside_a_page_go_and_others_stay() -> None:
    source = (
        "[a](b.md) <https://x.org/y> ![logo](l.png) ![the big red pump](p.png) [c][ref]\n\n[ref]: http://z\n"
    )
    assert said(parse(source)) == [(BlockKind.PARAGRAPH, "a https://x.org/y the big red pump c (http://z)")]


def test_site_generators_tags_go_and_code_keeps_them() -> None:
    source = (
        'See [leave]({% page "leave" %}) in {% slack_channel "people-ops" %}.{% include "x.html" %}\n'
        '{: .note}\n\n{% comment %}hidden{% endcomment %}<!-- hidden -->{{< ref "b.md" >}}'
        " {{ site.url }}shown\n\n"
        "> [!WARNING]\n> Hot.\n\n:::note\nRead.\n:::\n\n```yaml\nkey: {{ .Values.x }}\n```\n"
    )
    assert said(parse(source)) == [
        (BlockKind.PARAGRAPH, "See leave in people-ops."),
        (BlockKind.PARAGRAPH, "shown"),
        (BlockKind.PARAGRAPH, "Warning: Hot."),
        (BlockKind.PARAGRAPH, "Note:"),
        (BlockKind.PARAGRAPH, "Read."),
        (BlockKind.CODE, "key: {{ .Values.x }}"),
    ]


def test_html_inside_is_read_as_html() -> None:
    table = "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
    source = f"<details><summary>More</summary>\n{table}</details>\n\na<br>b<sub>2</sub>\n"
    assert said(parse(source)) == [
        (BlockKind.PARAGRAPH, "More"),
        (BlockKind.ROW, "A | B"),
        (BlockKind.ROW, "1 | 2"),
        (BlockKind.PARAGRAPH, "a b2"),
    ]


def test_markup_that_does_not_hold_is_not_left_behind() -> None:
    source = (
        "See [here](#What if), [there][nowhere] and `[a](b c)` or `{{ x }}`.[^1]\n\n"
        "**Note:**text ** **more {{generator:list}}\n\n<div>Read [this](x.md).</div>\n"
    )
    assert [text for _, text in said(parse(source))] == [
        "See here, there and [a](b c) or {{ x }}.",
        "Note:text more",
        "Read this.",
    ]
