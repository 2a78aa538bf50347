"""The parts of a message, at whatever depth: the text to read, and the files attached to it."""

import mimetypes
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import Message
from io import BytesIO

from core.errors import ParseError
from ingest.parsers.base import clean
from ingest.parsers.mail.headers import decoded_words, header

_MESSAGE = "message/rfc822"
_SIGNATURES = frozenset({"pgp-signature", "pkcs7-signature", "x-pkcs7-signature"})
_SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_TEXTS = ("text/plain", "text/html")
# Names for parts that have none, where the standard library knows no ending.
_ENDINGS = {
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt",
    "text/calendar": ".ics",
}
# A message nested more deeply is an attack.
_DEEPEST = 30


@dataclass(kw_only=True)
class MessageParts:
    """What a message consists of."""

    bodies: list[Message] = field(default_factory=list)
    """The texts that a mail program shows, in order."""
    attachments: list[Message] = field(default_factory=list)
    """All other parts but signatures and the pictures in the text."""
    is_sealed: bool = False
    """Whether a part of it is encrypted, or enclosed in its signature."""


def parts_of(message: Message) -> MessageParts:
    """Return the parts of a message, without those of messages attached to it."""
    found = MessageParts()
    _walk(message, found, 0)
    if not found.bodies:  # a text with a name, and nothing else to show
        shown = [part for part in found.attachments if _may_be_shown(part)]
        found.bodies = shown[:1]
        found.attachments = [part for part in found.attachments if part not in found.bodies]
    return found


def file_name(said: str) -> str:
    """Return the name of an attachment without the folders in it."""
    return clean(said).replace("\\", "/").rpartition("/")[-1]


def name_of(part: Message) -> str:
    """Return an attachment's file name without folders, or a name made from its type."""
    named = file_name(_said_name(part))
    if named:
        return named
    kind = part.get_content_type()
    if kind == _MESSAGE:
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        subject = header(inner, "Subject") if isinstance(inner, Message) else ""
        return f"{subject.replace('/', '-') or 'message'}.eml"
    return "attachment" + (_ENDINGS.get(kind) or mimetypes.guess_extension(kind) or ".bin")


def content_of(part: Message) -> bytes | ParseError:
    """Return an attachment's content, or why it cannot be taken out."""
    payload = part.get_payload()
    try:
        if isinstance(payload, list):  # a message of its own, or the fields of a report
            return b"\n".join(_as_bytes(one) for one in payload if isinstance(one, Message))
        decoded = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):  # errors for broken parts
        return ParseError("The attachment cannot be taken out of the message; the message is damaged.")
    return decoded if isinstance(decoded, bytes) else b""


def _walk(part: Message, found: MessageParts, depth: int, shows_text: bool = True) -> None:
    """Sort a part and those inside it; `shows_text` is False where another form of the text is shown."""
    children = part.get_payload()
    kind = part.get_content_type()
    found.is_sealed = found.is_sealed or kind in _SEALED
    if part.get_content_maintype() != "multipart" or not isinstance(children, list) or depth >= _DEEPEST:
        _sort(part, found, shows_text)
        return
    inner = [child for child in children if isinstance(child, Message)]
    chosen = _best_form(inner) if kind == "multipart/alternative" else None
    for child in inner:
        shown = shows_text and (chosen is None or child is chosen)
        if chosen is None or child is chosen or child.is_multipart() or _has_name(child):
            _walk(child, found, depth + 1, shown)


def _sort(part: Message, found: MessageParts, shows_text: bool) -> None:
    if part.get_content_type() in _TEXTS and not _has_name(part):
        if shows_text:
            found.bodies.append(part)
    elif not _belongs_to_body(part):
        found.attachments.append(part)


def _best_form(forms: list[Message]) -> Message | None:
    """Return the form of an alternative that is read: plain text before HTML."""
    for kind in _TEXTS:
        for form in forms:
            if any(one.get_content_type() == kind and not _has_name(one) for one in form.walk()):
                return form
    return None


def _has_name(part: Message) -> bool:
    """Return whether a part is a file rather than text to show."""
    return part.get_content_disposition() == "attachment" or bool(_said_name(part))


def _may_be_shown(part: Message) -> bool:
    return part.get_content_type() in _TEXTS and part.get_content_disposition() != "attachment"


def _belongs_to_body(part: Message) -> bool:
    """Return whether a part is a picture in the text, such as a logo, or a digital signature."""
    picture = part.get_content_maintype() == "image" and bool(part.get("Content-ID"))
    is_attached = part.get_content_disposition() == "attachment"
    return (picture and not is_attached) or part.get_content_subtype() in _SIGNATURES


def _said_name(part: Message) -> str:
    try:
        return decoded_words(part.get_filename() or "")
    except (ValueError, LookupError, TypeError, AttributeError):  # errors for broken headers
        return ""


def _as_bytes(message: Message) -> bytes:
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False).flatten(message)
    return out.getvalue()
