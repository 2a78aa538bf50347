"""File types by their first bytes, described for the person who sent the file."""

from core.errors import UnknownFormatError

# (offset, bytes, description); a longer mark stands before a shorter one that it begins with.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"II*\x00", "a TIFF image"),
    (0, b"MM\x00*", "a TIFF image"),
    (8, b"WEBP", "a WebP image"),
    (8, b"WAVE", "a WAV recording"),
    (8, b"AVI ", "an AVI video"),
    (4, b"ftypheic", "an HEIC image"),
    (4, b"ftypM4A", "an MPEG-4 recording"),
    (4, b"ftyp", "an MPEG-4 video"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (0, b"ID3", "an MP3 recording"),
    (0, b"\xff\xfb", "an MP3 recording"),
    (0, b"OggS", "an Ogg recording"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"%!PS", "a PostScript file; save it as .pdf"),
    (0, b"\x1f\x8b", "a gzip archive; unpack it"),
    (0, b"BZh", "a bzip2 archive; unpack it"),
    (0, b"\xfd7zXZ", "an xz archive; unpack it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it"),
    (0, b"Rar!", "a RAR archive; unpack it"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive; unpack it"),
    (257, b"ustar", "a tar archive; unpack it"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"\x00\x01\x00\x00Standard", "a Microsoft Access database"),
    (0, b"PAR1", "a Parquet table; save it as .csv"),
    (0, b"AC10", "an AutoCAD drawing; save it as .pdf"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"\xca\xfe\xba\xbe", "a Java class or a macOS program"),
    (0, b"\x00asm", "a WebAssembly program"),
    (0, b"wOF2", "a font"),
    (0, b"wOFF", "a font"),
    (0, b"OTTO", "a font"),
    (0, b"\x00\x01\x00\x00\x00", "a font"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"MZ", "a Windows program"),
    (0, b"BM", "a bitmap image"),
)
# Formats whose bytes are text, but not text for a reader.
TEXTUAL_MARKS = (b"%!PS",)
RTF_MARK = b"{\\rtf"
_IMAGE_ADVICE = "; rename it to match, and its text will be recognized"
# The formats that Pillow reads; HEIC and icons are not among them.
_PICTURES = frozenset(f"a {kind} image" for kind in ("PNG", "JPEG", "GIF", "TIFF", "WebP", "bitmap"))

# (stream name in an OLE2 container, its format); the names are stored as UTF-16. The order matters: a
# message may hold any of the others, and a presentation may hold a workbook.
_OLE_KINDS = (
    ("__substg1.0_", "msg"),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("Workbook", "xls"),
    ("Book", "xls"),
)
OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
PDF_MARK = b"%PDF-"
# PDF readers accept a little rubbish in front of the mark.
PDF_MARK_WITHIN_BYTES = 1024


def describe(content: bytes) -> str:
    """Return a description of a binary file, with advice if there is any, or an empty string."""
    words = _kind(content)
    return words + _IMAGE_ADVICE if words in _PICTURES else words


def is_picture(content: bytes) -> bool:
    """Return whether a file is a picture of a kind that text recognition takes."""
    return _kind(content) in _PICTURES


def _kind(content: bytes) -> str:
    for offset, mark, words in _SIGNATURES:
        # A text can begin with a mark of two letters, so binary bytes must follow such a mark.
        if content.startswith(mark, offset) and (len(mark) > 2 or b"\0" in content[:64]):
            return words
    return ""


def is_certain(content: bytes) -> bool:
    """Return whether the first bytes prove a format without a parser, even if the rest looks like text."""
    marks = (mark for offset, mark, _ in _SIGNATURES if offset == 0 and not mark.isascii())
    return content.startswith((*TEXTUAL_MARKS, *marks))


def ole_format(content: bytes) -> str:
    """Return the format of an OLE2 container. Raises: UnknownFormatError if no parser reads it."""
    for stream, kind in _OLE_KINDS:
        if stream.encode("utf-16-le") in content:
            return kind
    raise UnknownFormatError("This is an old Office file; save it in a current format.")


def is_encrypted_office(content: bytes) -> bool:
    """Return whether an OLE2 container holds a document that is protected by a password."""
    return "EncryptedPackage".encode("utf-16-le") in content
