"""Messages by the standard library: who wrote what to whom, the text, the names of attachments."""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from core.errors import EmptyDocumentError, ParseError
from core.values import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.encoding import decode
from ingest.parsers.html import write_html
from ingest.parsers.text import write_text

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")


class EmlParser:
    """Reads .eml files."""

    extensions = frozenset({".eml"})
    media_type = "message/rfc822"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        message = BytesParser(policy=default).parsebytes(content)
        if not any(_header(message, field) for field in (*_SHOWN_HEADERS, "Subject")):
            raise ParseError("The file has none of a message's headers; if it is text, rename it to .txt.")
        subject = _header(message, "Subject")
        builder = DocumentBuilder(self.media_type, subject)
        builder.heading(1, subject)
        shown = [(field, _header(message, field)) for field in _SHOWN_HEADERS]
        builder.paragraph("; ".join(f"{field}: {value}" for field, value in shown if value))
        _write_body(builder, message)
        names = [clean(part.get_filename() or part.get_content_type()) for part in _attachments(message)]
        builder.paragraph("Attachments: " + ", ".join(names) if names else "")
        return builder.build(name)


def _write_body(builder: DocumentBuilder, message: EmailMessage) -> None:
    body = message.get_body(("plain", "html"))
    if body is None:
        return
    payload = body.get_payload(decode=True)
    text = decode(payload if isinstance(payload, bytes) else b"", body.get_content_charset())
    if body.get_content_subtype() == "html":
        try:
            write_html(builder, text)
        except EmptyDocumentError:  # the headers are a document too
            return
    else:
        write_text(builder, text)


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    try:
        return [part for part in message.iter_attachments() if isinstance(part, EmailMessage)]
    except (AttributeError, KeyError, TypeError):  # a body that is not what its type says
        return []


def _header(message: EmailMessage, field: str) -> str:
    try:
        return clean(str(message.get(field, "")))
    except (ValueError, LookupError, TypeError, AttributeError):  # the standard parser on broken ones
        return ""
