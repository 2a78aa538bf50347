"""The reply of a parsing process: a document or an error, packed into a message and unpacked again.

`read_reply` runs in the service and trusts no value: it checks every offset, page and box, so that a
process which a hostile file has taken over can lie about that file's text but do no more.
"""

import math
import re
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.errors import (
    EmptyDocumentError,
    EncryptedError,
    OverLimitError,
    ParseError,
    ReaderCrashError,
    TooLargeError,
    UnknownFormatError,
)
from core.values.documents import Block, BlockKind, Member, Page, ParsedDocument
from core.values.metadata import LONGEST_WORD, MOST_WORDS, Metadata, metadata_from_text
from ingest.parsers.base import MAX_NOTICES
from ingest.parsers.members import MAX_MEMBERS, MAX_PATH_CHARS, MAX_UNPACKED_BYTES
from ingest.sandbox.wire import MalformedError

Bytes = bytes | memoryview
Parts = Sequence[Bytes]

_KINDS = tuple(BlockKind)
_NUMBER = {kind: number for number, kind in enumerate(_KINDS)}
_BLOCK = 5  # numbers for each block: kind, start, end, level, header
_BOX_BYTES = 8  # for each character, see `Page.boxes`
_MAX_LEVEL = 1_000
_PARTS = 3  # of each document: text, blocks, boxes
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
_REASONS = {
    error.code: error
    for error in (
        *(ParseError, EncryptedError, EmptyDocumentError),
        *(TooLargeError, UnknownFormatError, OverLimitError),
    )
}
# A crashed process sends no error; the error of a file inside that crashed an earlier process is sent to it.
_REASONS_INSIDE = {**_REASONS, ReaderCrashError.code: ReaderCrashError}
_MAX_REASON_CHARS = 500


def document_reply(document: ParsedDocument) -> tuple[dict[str, Any], list[bytes]]:
    """Return the header and the parts of a message with a document and its members."""
    about, parts = _packed(document)
    members = []
    for member in document.members:
        known = {"path": member.path, "sha256": member.content_sha256, "size": member.size_bytes}
        if isinstance(member.document, ParseError):
            inner, more = reason_reply(member.document)
        else:
            inner, more = _packed(member.document)
        members.append({**known, **inner})
        parts += more
    return {**about, "members": members}, parts


def _packed(document: ParsedDocument) -> tuple[dict[str, Any], list[bytes]]:
    headers: dict[str, int] = {}
    numbers = array("q")
    for block in document.blocks:
        header = headers.setdefault(block.header, len(headers))
        numbers.extend((_NUMBER[block.kind], block.start, block.end, block.level, header))
    pages = [
        (page.number, page.start, page.end, page.width, page.height, len(page.boxes))
        for page in document.pages
    ]
    about = {
        "title": document.title,
        "media_type": document.media_type,
        "headers": list(headers),
        "pages": pages,
        "notices": document.notices,
        "metadata": document.metadata.as_text(),
    }
    boxes = b"".join(page.boxes for page in document.pages)
    return about, [document.text.encode(), numbers.tobytes(), boxes]


def reason_reply(error: ParseError) -> tuple[dict[str, Any], list[bytes]]:
    """Return the header and the parts of a message with the reason that there is no document."""
    return {"code": error.code, "reason": str(error)}, []


def read_reply(header: dict[str, Any], parts: Parts, max_text_bytes: int) -> ParsedDocument:
    """Return the document in a message.

    Raises: ParseError of the kind that the message names; MalformedError if the message is not valid.
    """
    try:
        if "code" in header:
            raise read_reason(header)
        document = _document(header, parts[:_PARTS])
        members = _members(header["members"], parts[_PARTS:])
        _require(sum(len(texts) for texts in parts[::_PARTS]) <= max_text_bytes)
        return replace(document, members=members)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, zlib.error) as error:
        raise MalformedError("the reply is not valid") from error


def read_reason(header: dict[str, Any], inside: bool = False) -> ParseError:
    """Return the error in a message, for the file or for one `inside` it.

    Raises: KeyError or MalformedError if the message holds no error.
    """
    reasons = _REASONS_INSIDE if inside else _REASONS
    return reasons[header["code"]](_reason(header["reason"]))


def read_path(value: Any) -> str:
    """Return the path of a file inside; it may be empty. Raises: MalformedError if it is not a path."""
    _require(isinstance(value, str) and value.isprintable() and len(value) <= MAX_PATH_CHARS)
    return str(value)


def _members(listed: Any, parts: Parts) -> tuple[Member, ...]:
    _require(isinstance(listed, list) and len(listed) <= MAX_MEMBERS)
    members: list[Member] = []
    for header in listed:
        path, digest, size = read_path(header["path"]), header["sha256"], header["size"]
        _require(path != "" and _SHA256.fullmatch(digest) is not None)
        _require(type(size) is int and 0 <= size <= MAX_UNPACKED_BYTES)
        if "code" in header:
            members.append(
                Member(
                    path=path,
                    content_sha256=digest,
                    size_bytes=size,
                    document=read_reason(header, inside=True),
                )
            )
        else:
            members.append(
                Member(
                    path=path,
                    content_sha256=digest,
                    size_bytes=size,
                    document=_document(header, parts[:_PARTS]),
                )
            )
            parts = parts[_PARTS:]
    _require(not parts and len({member.path for member in members}) == len(members))
    return tuple(members)


def _document(header: dict[str, Any], parts: Parts) -> ParsedDocument:
    text_bytes, numbers, boxes = parts
    text = str(text_bytes, "utf-8")
    title, headers = _text(header["title"]), [_text(line) for line in header["headers"]]
    _require(bool(text) and bool(title) and "\0" not in text)
    _require(_MEDIA_TYPE.fullmatch(header["media_type"]) is not None)
    blocks = _blocks(numbers, headers, len(text))
    pages = _pages(header["pages"], boxes, len(text))
    notices = header["notices"]
    _require(isinstance(notices, list) and len(notices) <= MAX_NOTICES)
    shown, metadata = tuple(map(_reason, notices)), _metadata(header["metadata"])
    return ParsedDocument(
        title=title,
        text=text,
        blocks=blocks,
        pages=pages,
        media_type=header["media_type"],
        notices=shown,
        metadata=metadata,
    )


def _metadata(value: Any) -> Metadata:
    metadata = metadata_from_text(_text(value))
    words = (metadata.owner, *metadata.tags, *metadata.devices, *metadata.supersedes)
    _require(len(words) <= MOST_WORDS and all(len(_text(word)) <= LONGEST_WORD for word in words))
    return metadata


def _blocks(packed: Bytes, headers: list[str], length: int) -> tuple[Block, ...]:
    numbers = iter(array("q", bytes(packed)))
    blocks, last, kinds, lines = [], 0, len(_KINDS), len(headers)
    for kind, start, end, level, header in zip(*[numbers] * _BLOCK, strict=True):
        if not (last <= start < end <= length and 0 <= level <= _MAX_LEVEL):
            raise MalformedError("a block has impossible offsets")
        if not (0 <= kind < kinds and 0 <= header < lines):
            raise MalformedError("a block is of an unknown kind")
        blocks.append(Block(kind=_KINDS[kind], start=start, end=end, level=level, header=headers[header]))
        last = end
    _require(bool(blocks))
    return tuple(blocks)


def _pages(listed: Any, boxes: Bytes, length: int) -> tuple[Page, ...]:
    pages, last, taken = [], 0, 0
    for number, start, end, width, height, size in listed:
        _require(all(type(value) is int for value in (number, start, end, size)))
        _require(1 <= number <= sys.maxsize and last <= start <= end <= length and size >= 0)
        _require(all(0 <= float(side) < math.inf for side in (width, height)))
        own = bytes(boxes[taken : taken + size])
        _require(len(own) == size and (not own or _inflates_to(own, (end - start) * _BOX_BYTES)))
        pages.append(
            Page(number=number, start=start, end=end, width=float(width), height=float(height), boxes=own)
        )
        last, taken = end, taken + size
    _require(taken == len(boxes))
    return tuple(pages)


def _inflates_to(packed: bytes, size: int) -> bool:
    """Return whether `packed` holds exactly `size` bytes, without unpacking more."""
    inflating = zlib.decompressobj()
    return len(inflating.decompress(packed, size + 1)) == size and inflating.eof


def _text(value: Any) -> str:
    """Return a string that can be stored."""
    _require(isinstance(value, str) and "\0" not in value)
    value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return str(value)


def _reason(value: Any) -> str:
    shown = "".join(character if character.isprintable() else " " for character in _text(value))
    _require(bool(shown.strip()))
    return shown[:_MAX_REASON_CHARS]


def _require(holds: bool) -> None:
    if not holds:
        raise MalformedError("the reply is not valid")
