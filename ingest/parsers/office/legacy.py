"""Formats that are read after an office program has turned them into one that a parser reads."""

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import UnknownFormatError

Convert = Callable[[bytes, str, str], bytes]
"""Turns content of one file ending into that of another, as `.doc` into `.docx`. Raises: ParseError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """A format: its file ending, what it becomes, and what it is in words."""

    extension: str
    becomes: str
    media_type: str
    words: str


LEGACY = {
    kind: Legacy(extension=f".{kind}", becomes=becomes, media_type=media_type, words=words)
    for kind, becomes, media_type, words in (
        ("doc", "docx", "application/msword", "an old Word document (.doc)"),
        ("ppt", "pptx", "application/vnd.ms-powerpoint", "an old PowerPoint presentation (.ppt)"),
        ("xls", "xlsx", "application/vnd.ms-excel", "an old Excel workbook (.xls)"),
        ("xlsb", "xlsx", "application/vnd.ms-excel", "a binary Excel workbook (.xlsb)"),
        ("odt", "docx", "application/vnd.oasis.opendocument.text", "an OpenDocument text (.odt)"),
        (
            "ods",
            "xlsx",
            "application/vnd.oasis.opendocument.spreadsheet",
            "an OpenDocument spreadsheet (.ods)",
        ),
        (
            "odp",
            "pptx",
            "application/vnd.oasis.opendocument.presentation",
            "an OpenDocument presentation (.odp)",
        ),
        ("rtf", "docx", "application/rtf", "a rich text file (.rtf)"),
    )
}
LEGACY_EXTENSIONS = {legacy.extension: kind for kind, legacy in LEGACY.items()}


def no_office(content: bytes, extension: str, becomes: str) -> bytes:
    """Say what is missing. Raises: UnknownFormatError."""
    words = LEGACY[LEGACY_EXTENSIONS[extension]].words
    raise UnknownFormatError(
        f"This is {words}; it is read where LibreOffice is installed (`soffice`). "
        f"Install it and say --retry, or save the file as {becomes}."
    )
