"""Word documents by unstructured."""

from core.values import ParsedDocument
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.html import parse_html
from ingest.parsers.html_blocks import inline_text
from ingest.parsers.html_table import read_table
from ingest.parsers.unstructured_offline import Element, docx_elements


class DocxParser:
    """Reads .docx files and their kin; macros are never run."""

    extensions = frozenset({".docx", ".docm", ".dotx"})
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        title, found = docx_elements(content)
        builder = DocumentBuilder(self.media_type, said_title(title))
        for element in found:
            write_element(builder, element)
        return builder.build(name)


def write_element(builder: DocumentBuilder, element: Element) -> None:
    """Add one element of an Office file to a document; running heads and feet are left out."""
    if element.kind == "heading":
        builder.heading(element.level + 1, element.text)
    elif element.kind == "item":
        builder.list_item(element.text, element.level)
    elif element.kind == "table" and element.html:
        _write_table(builder, element.html)
    elif element.kind in ("text", "table"):
        builder.paragraph(element.text)


def _write_table(builder: DocumentBuilder, markup: str) -> None:
    table = parse_html(markup).find(".//table")
    if table is None:
        return
    read = read_table(table, inline_text)
    if read.width == 1:  # a frame around text
        for row in read.rows:
            builder.paragraph(row[0])
    else:
        builder.table(read.header, read.rows)
