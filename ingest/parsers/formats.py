"""The formats and their parsers; a file's bytes decide first, the ending of its name second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath

from core.errors import (
    EmptyDocumentError,
    EncryptedError,
    ParseError,
    TooLargeError,
    UnknownFormatError,
)
from core.values.documents import ParsedDocument
from ingest.parsers import loaders
from ingest.parsers.base import Container, Parser
from ingest.parsers.encoding import looks_like_text
from ingest.parsers.members import NONE_LOST, Lost, Unpacking
from ingest.parsers.office.container import office_format
from ingest.parsers.office.legacy import LEGACY, LEGACY_EXTENSIONS, Convert, Legacy, no_office
from ingest.parsers.signatures import (
    OLE_MARK,
    PDF_MARK,
    PDF_MARK_WITHIN_BYTES,
    RTF_MARK,
    ZIP_MARKS,
    describe,
    is_certain,
    is_encrypted_office,
    is_picture,
    ole_format,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of files."""

    load: Callable[[], Parser]
    """Returns its parser, which is imported with the first call."""
    extensions: tuple[str, ...]
    """The file endings that name it, in lower case with their dot."""
    is_text: bool = True
    """Whether the file is text: then its name decides between this format and others."""


FORMATS: dict[str, Format] = {
    "text": Format(
        load=loaders.text,
        extensions=(
            *(".txt", ".text", ".log", ".json", ".jsonl", ".yaml", ".yml", ".toml"),
            *(".ini", ".cfg", ".conf", ".xml"),
        ),
    ),
    "markdown": Format(load=loaders.markdown, extensions=(".md", ".markdown", ".mdx", ".mkd")),
    "html": Format(load=loaders.html, extensions=(".html", ".htm", ".xhtml")),
    "rst": Format(load=loaders.rst, extensions=(".rst", ".rest")),
    "delimited": Format(load=loaders.delimited, extensions=(".csv", ".tsv")),
    "vtt": Format(load=loaders.captions, extensions=(".vtt", ".srt")),
    "eml": Format(load=loaders.eml, extensions=(".eml",)),
    "msg": Format(load=loaders.msg, extensions=(".msg",), is_text=False),
    "epub": Format(load=loaders.epub, extensions=(".epub",), is_text=False),
    "zip": Format(load=loaders.archive, extensions=(".zip",), is_text=False),
    "image": Format(
        load=loaders.image,
        extensions=(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"),
        is_text=False,
    ),
    "pdf": Format(load=loaders.pdf, extensions=(".pdf",), is_text=False),
    "docx": Format(load=loaders.docx, extensions=(".docx", ".docm", ".dotx"), is_text=False),
    "pptx": Format(load=loaders.pptx, extensions=(".pptx", ".pptm", ".ppsx"), is_text=False),
    "xlsx": Format(load=loaders.xlsx, extensions=(".xlsx", ".xlsm", ".xltx"), is_text=False),
}
_BY_EXTENSION = {extension: key for key, kind in FORMATS.items() for extension in kind.extensions}
# Raised whenever a parser's output changes: documents of an older version are parsed again.
PARSERS_VERSION = 5
# Every known file ending; a text file with another ending is parsed as well.
EXTENSIONS = frozenset((*_BY_EXTENSION, *LEGACY_EXTENSIONS))
# The beginning of an HTML page.
_HTML_STARTS = (b"<!doctype html", b"<html")


def parse(
    content: bytes,
    name: str,
    max_text_bytes: int,
    convert: Convert = no_office,
    lost: Lost = NONE_LOST,
) -> ParsedDocument:
    """Return the document of a file, with the documents of the files inside it.

    `name` is the file's name: it decides between text formats and serves as the title of last
    resort. `max_text_bytes` limits the stored text as UTF-8, including that of the files inside.
    `convert` turns the formats of `legacy.py` into others. Files inside whose paths are in `lost` are not
    parsed: they fail with the error that is given there.

    Raises: EmptyDocumentError if there is no text, EncryptedError if a password protects it,
    TooLargeError beyond the limit or for a ZIP bomb, UnknownFormatError if no parser reads it, and
    ParseError if it is damaged; no other error for any content.
    """
    read = partial(_parse_one, convert)
    document, container = read(content, name)
    _check_size(document, max_text_bytes)
    if container is None:
        return document
    unpacking = Unpacking(read, max_text_bytes, lost)
    unpacking.count(document)
    with _translated():
        return replace(document, members=tuple(unpacking.members(container, content, name)))


def _parse_one(convert: Convert, content: bytes, name: str) -> tuple[ParsedDocument, Container | None]:
    """Return the document of the file itself, and its parser if the file holds others."""
    with _translated():
        kind = _choose(content, name)
        if kind in LEGACY:
            return _converted(convert, LEGACY[kind], content, name), None
        parser = load_parser(kind)
        return parser.parse(content, name), parser if isinstance(parser, Container) else None


def _converted(convert: Convert, legacy: Legacy, content: bytes, name: str) -> ParsedDocument:
    made = convert(content, legacy.extension, f".{legacy.becomes}")
    document = load_parser(legacy.becomes).parse(made, name)
    return replace(document, media_type=legacy.media_type)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ParseError:
        raise
    except Exception as error:
        # The vendors' parsers raise any error on damaged files, and none may end a run.
        raise ParseError(
            f"The file cannot be read ({type(error).__name__}); it may be damaged. Open it and save it again."
        ) from error


def _check_size(document: ParsedDocument, max_text_bytes: int) -> None:
    size = len(document.text.encode())
    if size > max_text_bytes:
        raise TooLargeError(
            f"The file holds {size / 1e6:.1f} MB of text, and the limit is {max_text_bytes / 1e6:.1f} MB; "
            "split the file or raise the limit."
        )


def load_parser(kind: str) -> Parser:
    """Return the parser of one of the `FORMATS`."""
    return FORMATS[kind].load()


def _choose(content: bytes, name: str) -> str:
    if not content.strip(b"\0 \t\r\n"):
        raise EmptyDocumentError(
            "The file is empty." if not content else "The file holds only blanks or zeros."
        )
    extension = PurePosixPath(name).suffix.lower()
    known = _BY_EXTENSION.get(extension, "")
    found = _by_bytes(content, known)
    if found:
        return found
    if known and not FORMATS[known].is_text:
        raise _misnamed(content, extension)
    if not looks_like_text(content) or is_certain(content):
        words = describe(content) or "a binary file of an unknown kind"
        raise UnknownFormatError(f"This is {words}.")
    if not known and content[:512].lstrip().lower().startswith(_HTML_STARTS):
        return "html"
    return known or "text"


def _by_bytes(content: bytes, known: str) -> str:
    """Return the format that the bytes prove, or an empty string; `known` is the format by name."""
    if content.startswith(OLE_MARK):
        if is_encrypted_office(content):
            raise EncryptedError()
        return ole_format(content)
    if content.startswith(RTF_MARK):
        return "rtf"
    if content.startswith(ZIP_MARKS):
        return office_format(content)
    if content.lstrip().startswith(PDF_MARK):
        return "pdf"
    if known in ("", "image") and is_picture(content):
        return "image"
    # A text may mention PDF's mark, so rubbish in front of it is accepted only if the name says PDF or the
    # bytes are not text.
    hidden = PDF_MARK in content[:PDF_MARK_WITHIN_BYTES]
    return "pdf" if hidden and (known == "pdf" or not looks_like_text(content)) else ""


def _misnamed(content: bytes, extension: str) -> ParseError:
    words = describe(content)
    if words:
        return UnknownFormatError(f"The name ends in {extension}, but this is {words}.")
    if looks_like_text(content):
        return ParseError(f"The name ends in {extension}, but the file is plain text; rename it to .txt.")
    return ParseError(
        f"The name ends in {extension}, but the content is not of that format; the file is damaged. "
        "Get a new copy."
    )
