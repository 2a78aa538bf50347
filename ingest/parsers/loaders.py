"""The parsers, one function a format, each imported when the first such file is met.

The imports are local so that a process that reads Markdown does not wait for PDFium.
"""

from ingest.parsers.base import Parser


def text() -> Parser:
    """Return the parser of plain text."""
    from ingest.parsers.plain.text import TextParser

    return TextParser()


def markdown() -> Parser:
    """Return the parser of Markdown."""
    from ingest.parsers.web.markdown import MarkdownParser

    return MarkdownParser()


def html() -> Parser:
    """Return the parser of web pages."""
    from ingest.parsers.web.html import HtmlParser

    return HtmlParser()


def rst() -> Parser:
    """Return the parser of reStructuredText."""
    from ingest.parsers.plain.rst import RstParser

    return RstParser()


def delimited() -> Parser:
    """Return the parser of tables in plain text."""
    from ingest.parsers.plain.delimited import DelimitedParser

    return DelimitedParser()


def captions() -> Parser:
    """Return the parser of the captions of recordings."""
    from ingest.parsers.plain.captions import CaptionsParser

    return CaptionsParser()


def eml() -> Parser:
    """Return the parser of messages."""
    from ingest.parsers.mail.eml import EmlParser

    return EmlParser()


def msg() -> Parser:
    """Return the parser of Outlook messages."""
    from ingest.parsers.mail.msg import MsgParser

    return MsgParser()


def epub() -> Parser:
    """Return the parser of e-books."""
    from ingest.parsers.web.epub import EpubParser

    return EpubParser()


def archive() -> Parser:
    """Return the parser of ZIP archives."""
    from ingest.parsers.archive import ZipParser

    return ZipParser()


def image() -> Parser:
    """Return the parser of pictures."""
    from ingest.parsers.image import ImageParser

    return ImageParser()


def pdf() -> Parser:
    """Return the parser of PDFs."""
    from ingest.parsers.pdf.parser import PdfParser

    return PdfParser()


def docx() -> Parser:
    """Return the parser of Word files."""
    from ingest.parsers.word.docx import DocxParser

    return DocxParser()


def pptx() -> Parser:
    """Return the parser of presentations."""
    from ingest.parsers.slides.pptx import PptxParser

    return PptxParser()


def xlsx() -> Parser:
    """Return the parser of workbooks."""
    from ingest.parsers.sheets.xlsx import XlsxParser

    return XlsxParser()
