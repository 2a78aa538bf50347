"""Messages by the standard library: sender, recipients, own words, and the messages and files inside."""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import format_datetime

from core.errors import EmptyDocumentError, ParseError
from core.values.documents import ParsedDocument
from core.values.metadata import Metadata
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.mail.headers import day_of, decoded_text, header, sender_name
from ingest.parsers.mail.html_quotes import take_out_quoted
from ingest.parsers.mail.parts import MessageParts, content_of, name_of, parts_of
from ingest.parsers.mail.quotes import MAX_QUOTED, OwnAndQuoted, Quoted, split_text
from ingest.parsers.plain.text import write_text
from ingest.parsers.web.html import parse_html, write_page
from ingest.parsers.withdrawn import counted, were

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")
# Says in a message that is made of a quotation which message quotes it.
_QUOTED_BY = "X-Quoted-By"
_MAX_NAME_CHARS = 80
# More senders only tire a reader.
_MAX_NAMED = 3


class EmlParser:
    """Parses .eml files."""

    media_type = "message/rfc822"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        message = _opened(content)
        if not any(header(message, field) for field in (*_SHOWN_HEADERS, "Subject", _QUOTED_BY)):
            raise ParseError(
                "The file has none of the headers of a message; if it is plain text, rename it to .txt."
            )
        builder = DocumentBuilder(media_type=self.media_type, title=header(message, "Subject"))
        parts = parts_of(message)
        write_message(builder, message, parts, [name_of(part) for part in parts.attachments])
        return builder.build(name)

    def members(self, content: bytes, name: str) -> Iterator[tuple[str, bytes | ParseError]]:
        """Yield the attachments and the quoted messages; see `Container.members`."""
        message = _opened(content)
        parts = parts_of(message)
        for part in parts.attachments:
            yield name_of(part), content_of(part)
        yield from quoted_members(message, parts)


def write_message(
    builder: DocumentBuilder, message: Message, parts: MessageParts, attached: Sequence[str]
) -> None:
    """Add the headers that readers see, the message's own words, and the names of the attachments."""
    builder.metadata = Metadata(day=day_of(message), owner=sender_name(message))
    builder.heading(1, header(message, "Subject"))
    shown = [(field, header(message, field)) for field in _SHOWN_HEADERS]
    line = "; ".join(f"{field}: {value}" for field, value in shown if value)
    quoting = header(message, _QUOTED_BY)
    builder.paragraph(f"Quoted message. {line}" if quoting else line)
    quoted = [one for body in parts.bodies for one in _write_body(builder, body, splits=not quoting)]
    builder.paragraph("Attachments: " + ", ".join(attached) if attached else "")
    if quoted:
        builder.notice(_quoted_notice(quoted))
    if parts.is_sealed:
        builder.notice("A part of the message is encrypted or enclosed in its signature; it was not read.")


def quoted_members(message: Message, parts: MessageParts) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of a message of its own for each message that is quoted."""
    if header(message, _QUOTED_BY):
        return
    scratch = DocumentBuilder(media_type="")
    quoted = [one for body in parts.bodies for one in _write_body(scratch, body)]
    for number, one in enumerate(quoted[:MAX_QUOTED], start=1):
        name = f"quoted message {number} {_said(one)}".replace("/", "-")[:_MAX_NAME_CHARS].strip()
        yield f"{name}.eml", _as_message(one, message)


def _opened(content: bytes) -> Message:
    # The older policy leaves headers as they were sent, and raises no error for broken ones.
    return BytesParser(policy=policy.compat32).parsebytes(content)


def _write_body(builder: DocumentBuilder, body: Message, splits: bool = True) -> tuple[Quoted, ...]:
    """Add a body's own words, without `splits` all of it; return the messages that it quotes."""
    payload = body.get_payload(decode=True)
    text = decoded_text(payload if isinstance(payload, bytes) else b"", body.get_content_charset())
    if body.get_content_subtype() != "html":
        lines = text.replace("\r\n", "\n")
        parts = split_text(lines) if splits else OwnAndQuoted(lines, ())
        write_text(builder, parts.own)
        return parts.quoted
    try:
        root = parse_html(text)
    except EmptyDocumentError:  # the headers alone are a document
        return ()
    quoted = take_out_quoted(root) if splits else ()
    write_page(builder, root)
    return quoted


def _quoted_notice(quoted: Sequence[Quoted]) -> str:
    """Say whose messages are quoted, and where they are."""
    senders = ", ".join(_said(one) or "an unknown sender" for one in quoted[:_MAX_NAMED])
    kept = min(len(quoted), MAX_QUOTED)
    left = len(quoted) - kept
    alone = "is a document of its own" if kept == 1 else "are documents of their own"
    rest = f"; {counted(left, 'older one')} {were(left)} not read" if left else ""
    count = counted(len(quoted), "earlier message")
    return f"The message quotes {count} ({senders}), not as its own words; what it quotes {alone}{rest}."


def _said(quoted: Quoted) -> str:
    """Return the sender and the day of a quoted message, as far as they are known."""
    return " ".join(filter(None, (clean(quoted.sender), quoted.day.isoformat() if quoted.day else "")))


def _as_message(quoted: Quoted, quoting: Message) -> bytes:
    """Return a quoted message as a message of its own, marked as quoted."""
    when = format_datetime(datetime.combine(quoted.day, time(), UTC)) if quoted.day else ""
    headers = {
        "Subject": quoted.subject or header(quoting, "Subject"),
        "From": quoted.sender,
        "Date": when,
        _QUOTED_BY: header(quoting, "From") or "unknown",
        "Content-Type": f"text/{'html' if quoted.is_html else 'plain'}; charset=utf-8",
        "Content-Transfer-Encoding": "base64",
    }
    head = "".join(f"{field}: {clean(value)}\n" for field, value in headers.items() if clean(value))
    return f"{head}\n".encode() + base64.encodebytes(quoted.text.encode("utf-8", "replace"))
