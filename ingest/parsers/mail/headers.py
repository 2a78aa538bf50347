"""The headers of a message as a reader sees them."""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from itertools import groupby

from ingest.parsers.base import clean
from ingest.parsers.encoding import decode

# RFC 2047, section 2, with the language of RFC 2231; programs leave blanks in the text.
_WORD = r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?="
_ENCODED = re.compile(_WORD)
_NEIGHBOURS = re.compile(rf"{_WORD}(?:\s*{_WORD})*")
_OF_SEVEN_BITS = ("iso-2022", "hz", "utf-7")
_FOLD = re.compile(r"\r?\n(?=[ \t])")


def header(message: Message, field: str) -> str:
    """Return a header's text on one line, or an empty string."""
    return clean(decoded_words(_raw(message, field)))


def sender_name(message: Message) -> str:
    """Return the name of the sender as the message gives it, without the address."""
    return clean(decoded_words(parseaddr(_raw(message, "From"))[0]))


def day_of(message: Message) -> date | None:
    """Return the day on which the message was sent; None without a possible date."""
    try:
        return parsedate_to_datetime(_raw(message, "Date")).date()
    except (ValueError, OverflowError):  # no date, or an impossible one
        return None


def decoded_words(text: str) -> str:
    """Return a text with its encoded words decoded; the bytes of neighbours belong together (RFC 2047, 6.2).

    A program may cut a character of several bytes between two encoded words.
    """
    return _NEIGHBOURS.sub(lambda match: "".join(_decoded(match[0])), text)


def decoded_text(content: bytes, charset: str | None) -> str:
    """Return the text of a part whose encoding is `charset`, as far as that holds."""
    if charset and charset.lower().startswith(_OF_SEVEN_BITS):  # bytes that are valid UTF-8 as well
        with suppress(LookupError, ValueError):
            return content.decode(charset)
    return decode(content, charset)


def _decoded(words: str) -> Iterator[str]:
    found = [(match[1].lower(), _bytes(match[2], match[3])) for match in _ENCODED.finditer(words)]
    for charset, group in groupby(found, key=lambda one: one[0]):
        yield decoded_text(b"".join(content for _, content in group), charset)


def _bytes(encoding: str, text: str) -> bytes:
    source = text.encode("ascii", "ignore")
    if encoding in "qQ":
        return binascii.a2b_qp(source, header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", source)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]  # a lone letter holds no whole byte
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _raw(message: Message, field: str) -> str:
    """Return a header as it was sent; bytes beyond ASCII are decoded as a text file's are."""
    value = next((str(text) for name, text in message.raw_items() if name.lower() == field.lower()), "")
    if any("\udc80" <= letter <= "\udcff" for letter in value):
        value = decode(value.encode("utf-8", "surrogateescape"))
    return _FOLD.sub("", value)
