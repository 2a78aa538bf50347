"""Presentations by unstructured: a page is a slide, the speaker's notes stand at its end."""

from itertools import groupby

from core.values import ParsedDocument
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.docx import write_element
from ingest.parsers.unstructured_offline import Element, pptx_elements


class PptxParser:
    """Reads .pptx files and their kin."""

    extensions = frozenset({".pptx", ".pptm", ".ppsx"})
    media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        title, found = pptx_elements(content)
        builder = DocumentBuilder(self.media_type, said_title(title))
        for number, elements in groupby(found, key=lambda element: element.page):
            start = builder.position
            _write_slide(builder, list(elements))
            builder.page(number, start)
        return builder.build(name)


def _write_slide(builder: DocumentBuilder, elements: list[Element]) -> None:
    for element in elements:
        if element.kind == "heading" and element.level > 0:
            # Only a title shape's first line is a heading; other short lines are text.
            builder.paragraph(element.text)
        else:
            write_element(builder, element)
    for element in elements:
        if element.kind == "notes":
            builder.paragraph("Notes: " + element.text)
