"""Old formats, which an office program converts into formats with a parser."""

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import UnknownFormatError

Convert = Callable[[bytes, str, str], bytes]
"""Converts content from one file ending to another, such as `.doc` to `.docx`. Raises: ParseError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """A format without a parser of its own."""

    extension: str
    """Its file ending, such as `.doc`."""
    becomes: str
    """The format that it is converted to, such as `docx`."""
    media_type: str
    words: str
    """Its name in an error."""


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
    """Raise the error that asks for an office program. Raises: UnknownFormatError."""
    words = LEGACY[LEGACY_EXTENSIONS[extension]].words
    raise UnknownFormatError(
        f"This is {words}; reading it needs LibreOffice (`soffice`), which is not installed. "
        f"Install it and run again with --retry, or save the file as {becomes}."
    )
