"""ZIP archives; the text of an archive itself is the list of its files."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from core.errors import EmptyDocumentError, EncryptedError, ParseError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder
from ingest.parsers.encoding import decode
from ingest.parsers.members import MAX_UNPACKED_BYTES
from ingest.parsers.office.container import is_encrypted

_UTF8_NAME = 0x800
# The folder of metadata that macOS adds.
_LEFT_OUT = "__MACOSX"


class ZipParser:
    """Parses .zip files in memory; no file inside is ever written to the disk."""

    media_type = "application/zip"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the list of the files as a document; see `Parser.parse`."""
        builder = DocumentBuilder(media_type=self.media_type)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for path, member in _files(archive):
                builder.list_item(f"{path} ({_size(member.file_size)})")
        if not builder.position:
            raise EmptyDocumentError("The archive holds no files.")
        return builder.build(name)

    def members(self, content: bytes, name: str) -> Iterator[tuple[str, bytes | ParseError]]:
        """Yield the files except hidden ones; see `Container.members`."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for path, member in _files(archive):
                try:
                    yield path, _content(archive, path, member)
                except ParseError as error:
                    yield path, error


def _files(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    for member in archive.infolist():
        path = _path(member)
        steps = PurePosixPath(path).parts
        hidden = any(step.startswith(".") and step != ".." for step in steps) or _LEFT_OUT in steps
        if not member.is_dir() and not hidden:
            yield path, member


def _path(member: zipfile.ZipInfo) -> str:
    """Return a path in its most likely encoding; few programs declare one."""
    said = member.orig_filename
    return (said if member.flag_bits & _UTF8_NAME else decode(said.encode("cp437"))).replace("\\", "/")


def _content(archive: zipfile.ZipFile, path: str, member: zipfile.ZipInfo) -> bytes:
    steps = PurePosixPath(path).parts
    if path.startswith("/") or ".." in steps or (steps and steps[0].endswith(":")):
        raise ParseError("The file's path leads out of the archive; the file was not opened.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ParseError("The file is a symbolic link; links are not followed.")
    if is_encrypted(member):
        raise EncryptedError()
    try:
        with archive.open(member) as opened:
            return opened.read(MAX_UNPACKED_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise ParseError("The file is damaged in the archive, or packed by an unknown method.") from error


def _size(count: int) -> str:
    return (
        f"{count} bytes"
        if count < 1000
        else f"{count / 1e3:.0f} kB"
        if count < 1e6
        else f"{count / 1e6:.1f} MB"
    )
