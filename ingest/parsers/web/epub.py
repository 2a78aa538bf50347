"""E-books: chapters in reading order, each a web page inside a ZIP container."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from lxml import etree

from core.errors import EmptyDocumentError, EncryptedError, ParseError
from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, said_title
from ingest.parsers.encoding import decode
from ingest.parsers.web.html import write_html

_CONTAINER = "META-INF/container.xml"
_RIGHTS = "META-INF/rights.xml"
_PAGES = ("application/xhtml+xml", "text/html")


class EpubParser:
    """Parses .epub files without copy protection."""

    media_type = "application/epub+zip"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if _RIGHTS in archive.namelist():
                raise EncryptedError("The e-book is locked by copy protection and cannot be read.")
            package = _package_path(archive)
            book = _xml(archive, package)
            title = book.xpath("string(//*[local-name() = 'metadata']/*[local-name() = 'title'])")
            builder = DocumentBuilder(media_type=self.media_type, title=said_title(str(title)))
            for path in _chapters(book, posixpath.dirname(package)):
                with suppress(
                    EmptyDocumentError, KeyError
                ):  # a chapter of pictures alone, or a file that is missing
                    write_html(builder, decode(archive.read(path)))
        return builder.build(name)


def _package_path(archive: zipfile.ZipFile) -> str:
    paths = _xml(archive, _CONTAINER).xpath("//*[local-name() = 'rootfile']/@full-path")
    if not paths:
        raise ParseError("The e-book does not say where its text is; it is damaged. Get a new copy.")
    return str(paths[0])


def _chapters(book: Any, folder: str) -> Iterator[str]:
    """Yield the paths of the pages in reading order, without the table of contents."""
    items = {item.get("id"): item for item in book.xpath("//*[local-name() = 'manifest']/*")}
    for reference in book.xpath("//*[local-name() = 'spine']/*[local-name() = 'itemref']/@idref"):
        item = items.get(reference)
        if item is None or item.get("media-type") not in _PAGES:
            continue
        if "nav" not in (item.get("properties") or "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))


def _xml(archive: zipfile.ZipFile, path: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(archive.read(path), parser)
    except (KeyError, etree.LxmlError, ValueError) as error:
        raise ParseError(
            "The e-book's list of its parts cannot be read; the file is damaged. Get a new copy."
        ) from error
