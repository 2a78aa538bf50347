"""Outlook messages by python-oxmsg, converted to the standard library's messages; imported only here."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime

from oxmsg import Message
from oxmsg.attachment import Attachment

from core.errors import ParseError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.mail.eml import quoted_members, write_message
from ingest.parsers.mail.parts import file_name, parts_of

_PICTURE_ID = 0x3712  # PidTagAttachContentId: the text shows the picture


class MsgParser:
    """Parses .msg files."""

    media_type = "application/vnd.ms-outlook"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        outlook = Message.load(content)
        message = _message(outlook)
        builder = DocumentBuilder(media_type=self.media_type, title=clean(outlook.subject))
        attached = [_name(one) for one in _attachments(outlook)]
        write_message(builder, message, parts_of(message), attached)
        return builder.build(name)

    def members(self, content: bytes, name: str) -> Iterator[tuple[str, bytes | ParseError]]:
        """Yield the attachments and the quoted messages; see `Container.members`."""
        outlook = Message.load(content)
        for attachment in _attachments(outlook):
            held = attachment.file_bytes
            yield (
                _name(attachment),
                ParseError(
                    "The attachment is embedded, as a message inside a message; such attachments are not "
                    "read. Save it as a file of its own."
                )
                if held is None
                else held,
            )
        message = _message(outlook)
        yield from quoted_members(message, parts_of(message))


def _message(outlook: Message) -> EmailMessage:
    """Return the message with its headers and its text as one of the standard library."""
    message = EmailMessage()
    headers = {field.lower(): value for field, value in outlook.message_headers.items()}
    people = ", ".join(one.email_address or one.name for one in outlook.recipients)
    sent = outlook.sent_date
    for field, value in (
        ("Subject", outlook.subject),
        ("From", outlook.sender),
        ("To", headers.get("to") or people),
        ("Cc", headers.get("cc")),
        ("Date", headers.get("date") or (format_datetime(sent) if sent else "")),
    ):
        if shown := clean(value or ""):
            message[field] = shown
    if outlook.body:
        message.set_content(outlook.body.replace("\0", ""))
    elif outlook.html_body:
        message.set_content(outlook.html_body.replace("\0", ""), subtype="html")
    return message


def _attachments(outlook: Message) -> list[Attachment]:
    return [one for one in outlook.attachments if not _is_picture_in_text(one)]


def _is_picture_in_text(attachment: Attachment) -> bool:
    shown = attachment.properties.str_prop_value(_PICTURE_ID)
    return bool(shown) and (attachment.mime_type or "").startswith("image/")


def _name(attachment: Attachment) -> str:
    return file_name(attachment.file_name or "") or "attachment.bin"
