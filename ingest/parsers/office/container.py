"""The ZIP container of Office files and archives: its format, and whether it is safe to open."""

import io
import re
import zipfile
import zlib

from core.errors import EncryptedError, ParseError, TooLargeError, UnknownFormatError

# Larger than any document that people read, and far smaller than an unpacked ZIP bomb.
_MAX_EXPANDED_BYTES = 512 * 1024 * 1024
# Markup shrinks to between a tenth and a thirtieth; deflate's best is about a thousandth.
_MAX_RATIO = 200
# A small container may be highly compressed without danger.
_RATIO_MATTERS_ABOVE_BYTES = 32 * 1024 * 1024
_MAX_MEMBERS = 20_000
_ENCRYPTED_FLAG = 0x1
ARCHIVE = "zip"
_OFFICE = ("docx", "pptx", "xlsx")
_MARKUP_ENDINGS = (".xml", ".rels", ".vml")
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

# (the member that decides, its format or None, a description for a format that is not read)
_KINDS = (
    ("word/document.xml", "docx", ""),
    ("ppt/presentation.xml", "pptx", ""),
    ("xl/workbook.xml", "xlsx", ""),
    ("xl/workbook.bin", "xlsb", ""),
    ("visio/document.xml", None, "a Visio drawing; save it as .pdf"),
    ("META-INF/container.xml", "epub", ""),
    ("META-INF/MANIFEST.MF", None, "a Java archive"),
)
_OPEN_DOCUMENT = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_MANIFEST, _LOCKED = "META-INF/manifest.xml", b"encryption-data"
# The ISO dialect has other namespaces, which openpyxl does not know.
_RELATIONS, _STRICT = "_rels/.rels", b"http://purl.oclc.org/ooxml/"
# The main part may have another name; then the list of content types names its format.
_CONTENT_TYPES = (
    (b"wordprocessingml.document.main+xml", "docx"),
    (b"wordprocessingml.template.main+xml", "docx"),
    (b"word.document.macroEnabled.main+xml", "docx"),
    (b"presentationml.presentation.main+xml", "pptx"),
    (b"presentationml.slideshow.main+xml", "pptx"),
    (b"powerpoint.presentation.macroEnabled.main+xml", "pptx"),
    (b"spreadsheetml.sheet.main+xml", "xlsx"),
    (b"spreadsheetml.template.main+xml", "xlsx"),
    (b"excel.sheet.macroEnabled.main+xml", "xlsx"),
)


def office_format(content: bytes) -> str:
    """Return the format of a container that is safe to open; `zip` for an archive of any files.

    Raises: TooLargeError for a ZIP bomb, EncryptedError for an Office file that is encrypted,
    UnknownFormatError for a container of a kind that is not read, ParseError for a damaged one or one
    that defines XML entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive, len(content))
            kind = _kind(archive)
            if kind in _OFFICE:
                _check_markup(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise ParseError(
            "The Office file or archive is damaged or cut off; get a new copy, or open and save it again."
        ) from error
    return kind


def _check_size(archive: zipfile.ZipFile, packed: int) -> None:
    members = archive.infolist()
    expanded = sum(member.file_size for member in members)
    bomb = expanded > _RATIO_MATTERS_ABOVE_BYTES and expanded > _MAX_RATIO * packed
    if bomb or expanded > _MAX_EXPANDED_BYTES or len(members) > _MAX_MEMBERS:
        raise TooLargeError(
            f"The file would unpack to {len(members)} parts and {expanded / 1e6:.0f} MB, like a ZIP bomb; "
            "it was not opened."
        )


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if any(is_encrypted(member) for member in archive.infolist()):
        if names.isdisjoint(member for member, _, _ in _KINDS):
            return ARCHIVE
        raise EncryptedError()
    marks = [(kind, words) for member, kind, words in _KINDS if member in names]
    if marks and marks[0][0] is None:
        raise UnknownFormatError(f"This is {marks[0][1]}.")
    if marks and marks[0][0] == "xlsx" and _RELATIONS in names and _STRICT in archive.read(_RELATIONS):
        raise UnknownFormatError(
            "This is a Strict Open XML workbook; save it as an ordinary Excel workbook (.xlsx)."
        )
    return marks[0][0] if marks and marks[0][0] else _kind_by_type(archive, names)


def _kind_by_type(archive: zipfile.ZipFile, names: set[str]) -> str:
    """Return the format that a container without a part of a known name declares."""
    types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    for mark, kind in _CONTENT_TYPES:
        if mark in types:
            return kind
    if "mimetype" not in names:
        return ARCHIVE
    if _MANIFEST in names and _LOCKED in archive.read(_MANIFEST):
        raise EncryptedError()
    said = archive.read("mimetype").decode("ascii", "replace").strip()
    return _OPEN_DOCUMENT.get(said.rpartition("opendocument.")[2].removesuffix("-template"), ARCHIVE)


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    """Return whether a part can be read only with a password."""
    return bool(member.flag_bits & _ENCRYPTED_FLAG)


def _check_markup(archive: zipfile.ZipFile) -> None:
    """Refuse markup that defines entities: Office writes none, and they can expand without bound."""
    for member in archive.infolist():
        if not member.filename.lower().endswith(_MARKUP_ENDINGS):
            continue
        markup = archive.read(member)
        if markup[:2] in (b"\xff\xfe", b"\xfe\xff"):
            markup = markup.replace(b"\0", b"")
        if _DECLARATION.search(markup):
            raise ParseError("The Office file defines XML entities, as none should; it was not opened.")
