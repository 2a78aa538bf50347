"""Messages by the standard library: sender, recipients, text and attachments."""

import mimetypes
from collections.abc import Iterator, Sequence
from datetime import date
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime

from core.errors import EmptyDocumentError, ParseError
from core.values.documents import ParsedDocument
from core.values.metadata import Metadata
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.encoding import decode
from ingest.parsers.plain.text import write_text
from ingest.parsers.web.html import write_html

_MESSAGE = "message/rfc822"
_SIGNATURES = frozenset({"pgp-signature", "pkcs7-signature", "x-pkcs7-signature"})
_SHOWN_HEADERS = ("From", "To", "Cc", "Date")


class EmlParser:
    """Parses .eml files."""

    media_type = "message/rfc822"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        message = BytesParser(policy=default).parsebytes(content)
        if not any(_header(message, field) for field in (*_SHOWN_HEADERS, "Subject")):
            raise ParseError(
                "The file has none of the headers of a message; if it is plain text, rename it to .txt."
            )
        builder = DocumentBuilder(media_type=self.media_type, title=_header(message, "Subject"))
        write_message(builder, message, [_name(part) for part in _attachments(message)])
        return builder.build(name)

    def members(self, content: bytes, name: str) -> Iterator[tuple[str, bytes | ParseError]]:
        """Yield the attachments; see `Container.members`."""
        message = BytesParser(policy=default).parsebytes(content)
        for part in _attachments(message):
            yield _name(part), _content(part)


def write_message(builder: DocumentBuilder, message: EmailMessage, attached: Sequence[str]) -> None:
    """Add the headers that readers see, the text, and the names of the attachments."""
    builder.metadata = Metadata(day=_day(message), owner=parseaddr(_header(message, "From"))[0])
    builder.heading(1, _header(message, "Subject"))
    shown = [(field, _header(message, field)) for field in _SHOWN_HEADERS]
    builder.paragraph("; ".join(f"{field}: {value}" for field, value in shown if value))
    _write_body(builder, message)
    builder.paragraph("Attachments: " + ", ".join(attached) if attached else "")


def _day(message: EmailMessage) -> date | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date()
    except (ValueError, OverflowError):  # no date, or an impossible one
        return None


def file_name(said: str) -> str:
    """Return the name of an attachment without the folders in it."""
    return clean(said).replace("\\", "/").rpartition("/")[-1]


def _write_body(builder: DocumentBuilder, message: EmailMessage) -> None:
    body = message.get_body(("plain", "html"))
    if body is None:
        return
    payload = body.get_payload(decode=True)
    text = decode(payload if isinstance(payload, bytes) else b"", body.get_content_charset())
    if body.get_content_subtype() == "html":
        try:
            write_html(builder, text)
        except EmptyDocumentError:  # the headers alone are a document
            return
    else:
        write_text(builder, text)


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    try:
        parts = [part for part in message.iter_attachments() if isinstance(part, EmailMessage)]
    except (AttributeError, KeyError, TypeError):  # a body that contradicts its type
        return []
    return [part for part in parts if not _belongs_to_body(part)]


def _belongs_to_body(part: EmailMessage) -> bool:
    """Return whether a part is a picture in the text, such as a logo, or a digital signature."""
    picture = part.get_content_maintype() == "image" and bool(part.get("Content-ID"))
    is_attached = part.get_content_disposition() == "attachment"
    return (picture and not is_attached) or part.get_content_subtype() in _SIGNATURES


def _name(part: EmailMessage) -> str:
    """Return an attachment's file name without folders, or a name made from its type."""
    named = file_name(part.get_filename() or "")
    if named:
        return named
    if part.get_content_type() == _MESSAGE:
        inner = part.get_payload()
        message = inner[0] if isinstance(inner, list) and inner else None
        subject = _header(message, "Subject") if isinstance(message, EmailMessage) else ""
        return f"{subject.replace('/', '-') or 'message'}.eml"
    return "attachment" + (mimetypes.guess_extension(part.get_content_type()) or ".bin")


def _content(part: EmailMessage) -> bytes | ParseError:
    payload = part.get_payload()
    try:
        if isinstance(payload, list):  # a message of its own
            return b"".join(message.as_bytes() for message in payload if isinstance(message, EmailMessage))
        decoded = part.get_payload(decode=True)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):  # errors for broken parts
        return ParseError("The attachment cannot be taken out of the message; the message is damaged.")
    return decoded if isinstance(decoded, bytes) else b""


def _header(message: EmailMessage, field: str) -> str:
    try:
        return clean(str(message.get(field, "")))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):  # errors for broken headers
        return ""
